package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/worker"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// The test's own binary is the simulated ComfyUI.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "simulate" {
		command := simulator.Command()
		command.SetArgs(os.Args[2:])
		if err := command.Execute(); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const patience = 60 * time.Second

// rig is what outlives a worker: the store, the configuration and the running ComfyUI.
type rig struct {
	t             *testing.T
	dir           string
	instance      string
	store         *sqlite.Store
	configuration map[string]any

	mu        sync.Mutex
	log       bytes.Buffer
	workflows []workflow.Workflow
	progress  []job.Progress
}

// Write implements io.Writer for the log.
func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// newRig has a fast simulated ComfyUI that misbehaves as told.
func newRig(t *testing.T, misbehaviours ...string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), instance: uuid.NewString()}
	template, err := os.ReadFile("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	r.writeTemplate(strings.ReplaceAll(string(template), "1024", "64")) // pictures that take no time
	arguments := []string{"--start-time", "20ms", "--load-time", "20ms", "--encode-time", "5ms", "--step-time", "8ms", "--decode-time", "5ms"}
	for _, m := range misbehaviours {
		arguments = append(arguments, "--misbehave", m)
	}
	r.configuration = map[string]any{
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": freePort(t), "extra_args": arguments, "start_timeout": "20s"},
		"workflow": map[string]any{"template_file": "fox_api.json", "parameter_map": map[string]any{
			"prompt": map[string]any{"node_id": "6", "field": "text"}, "seed": map[string]any{"node_id": "25", "field": "noise_seed"},
		}},
	}
	r.store, err = sqlite.Open(t.Context(), filepath.Join(r.dir, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.store.Close() })
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", r.logged())
		}
	})
	return r
}

func (r *rig) comfy(key string, value any) { r.configuration["comfy_ui"].(map[string]any)[key] = value }

func (r *rig) template() string { return filepath.Join(r.dir, "fox_api.json") }

func (r *rig) writeTemplate(text string) {
	r.t.Helper()
	if err := os.WriteFile(r.template(), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// edit replaces a piece of the template.
func (r *rig) edit(old, new string) {
	r.t.Helper()
	data, err := os.ReadFile(r.template())
	if err != nil || !strings.Contains(string(data), old) {
		r.t.Fatalf("no %s in the template: %v", old, err)
	}
	r.writeTemplate(strings.ReplaceAll(string(data), old, new))
}

func (r *rig) load() *config.Config {
	r.t.Helper()
	data, err := json.Marshal(r.configuration)
	if err != nil {
		r.t.Fatal(err)
	}
	file := filepath.Join(r.dir, "config.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		r.t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// running is one service's life with a worker.
type running struct {
	*worker.Worker
	rig   *rig
	leave context.CancelFunc // as a killed service does: ComfyUI lives on
	ctx   context.Context
}

// worker makes one that is not booted. ComfyUI is stopped at the end of the test.
func (r *rig) worker() *running {
	r.t.Helper()
	c := r.load()
	if err := os.MkdirAll(c.Server.DataDir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	ctx, leave := context.WithCancel(r.t.Context())
	w := worker.New(worker.Config{
		ID: "gpu", ComfyUI: c.ComfyUI, Workflow: c.Workflow, SlotDuration: c.Scheduler.Estimates().Slot, SilenceLimit: c.Scheduler.Estimates().Silence, DataDir: c.Server.DataDir, Instance: r.instance,
		Executable: os.Args[0], Store: r.store, Now: time.Now, Log: slog.New(slog.NewTextHandler(r, nil)),
		OnState: func(health.Worker) {},
		OnWorkflow: func(w workflow.Workflow) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.workflows = append(r.workflows, w)
		},
		OnProgress: func(p job.Progress) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.progress = append(r.progress, p)
		},
	})
	w.Hurry()
	var connected sync.WaitGroup
	connected.Go(func() { _ = w.Connect(ctx) })
	v := &running{Worker: w, rig: r, ctx: ctx}
	v.leave = func() {
		leave()
		connected.Wait()
	}
	r.t.Cleanup(func() {
		v.leave()
		_ = w.Stop(context.Background())
	})
	return v
}

// boot makes a worker that is ready.
func (r *rig) boot() *running {
	r.t.Helper()
	w := r.worker()
	if err := w.Boot(w.ctx); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// supervised makes one that is looked after.
func (r *rig) supervised() *running {
	r.t.Helper()
	w := r.boot()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Supervise(w.ctx)
	}()
	disconnect := w.leave
	w.leave = func() {
		disconnect()
		<-done
	}
	return w
}

// step is how a step of the boot went.
func (w *running) step(name string) health.BootStep {
	w.rig.t.Helper()
	for _, s := range w.State().BootSteps {
		if s.Name == name {
			return s
		}
	}
	w.rig.t.Fatalf("no step %q", name)
	return health.BootStep{}
}

func stop(t *testing.T, w *running) {
	t.Helper()
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

var pidPattern = regexp.MustCompile(`^(?:found )?pid (\d+)`)

// pid is that of the ComfyUI that the present boot launched or found; 0 before it did.
func (w *running) pid() int {
	for _, s := range w.State().BootSteps {
		if match := pidPattern.FindStringSubmatch(s.Detail); s.Name == "launch" && match != nil {
			pid, _ := strconv.Atoi(match[1])
			return pid
		}
	}
	return 0
}

func (w *running) benchmark() int64 { return w.State().Estimates[0].BenchmarkMS }

// hash of the template that is offered.
func (r *rig) hash() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.workflows[len(r.workflows)-1].TemplateHash
}

func (r *rig) newJob(prompt string) job.Job {
	return job.Job{
		ID: uuid.NewString(), Worker: "gpu", Workflow: "fox", Template: r.hash(), Status: job.Processing,
		Start: time.Now().UnixMilli(), Duration: time.Hour.Milliseconds(), Estimate: 60_000, Prompt: prompt, Seed: 7, Attempt: 1,
	}
}

// run runs a job to its end.
func (w *running) run(j job.Job) dispatch.Outcome {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	return w.Run(ctx, j, func() {})
}

// begin runs a job and gives back its outcome when it is known.
func (w *running) begin(j job.Job) <-chan dispatch.Outcome {
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.run(j) }()
	w.rig.eventually("the job is under way", func() bool {
		w.rig.mu.Lock()
		defer w.rig.mu.Unlock()
		for _, p := range w.rig.progress {
			if p.JobID == j.ID && p.Step > 0 {
				return true
			}
		}
		return false
	})
	return outcome
}

func (r *rig) eventually(wanted string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain: %s", wanted)
		}
	}
}

// written are the files in the output folder.
func (r *rig) written() (files []string) {
	_ = filepath.WalkDir(filepath.Join(r.dir, "data", "simulated", "output"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// alive does not count one that has ended and only waits for its parent to notice.
func alive(pid int) bool {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return false
	}
	status, err := p.Status()
	return err == nil && status[0] != process.Zombie
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}
