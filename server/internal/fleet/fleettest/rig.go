// Package fleettest starts a lane of the fleet on the simulated ComfyUI, for the tests of its parts. A package that uses it has
// a TestMain that calls Main.
package fleettest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measure"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// hurried are short waiting times, for tests that wait them out.
var hurried = fleet.Pace{
	Launch: launch.Pace{
		StopGrace:   500 * time.Millisecond,
		SickAfter:   500 * time.Millisecond,
		Port:        10 * time.Millisecond,
		Health:      50 * time.Millisecond,
		Answer:      300 * time.Millisecond,
		HungAfter:   500 * time.Millisecond,
		Rotation:    100 * time.Millisecond,
		MinBackoff:  10 * time.Millisecond,
		MaxBackoff:  50 * time.Millisecond,
		StableAfter: time.Hour,
	},
	Measure: measure.Pace{Look: 50 * time.Millisecond, Quiet: 100 * time.Millisecond, Probe: 50 * time.Millisecond},
}

// Rig keeps what outlives a worker: the store, the configuration and the running ComfyUI.
type Rig struct {
	t             *testing.T
	Dir           string
	Instance      string
	Store         *sqlite.Store
	Configuration map[string]any

	mu        sync.Mutex
	log       bytes.Buffer
	workflows []workflow.Workflow
	progress  []job.Progress
}

// Write implements io.Writer for the log.
func (r *Rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

// Logged returns the log so far.
func (r *Rig) Logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Progress returns all that was told of runs so far.
func (r *Rig) Progress() []job.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]job.Progress(nil), r.progress...)
}

// New has a fast simulated ComfyUI that misbehaves as told.
func New(t *testing.T, misbehaviours ...string) *Rig {
	t.Helper()
	r := &Rig{t: t, Dir: t.TempDir(), Instance: uuid.NewString()}
	template, err := os.ReadFile("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	r.WriteTemplate(strings.ReplaceAll(string(template), "1024", "64")) // pictures that take no time
	arguments := []string{"--start-time", "20ms", "--load-time", "20ms", "--encode-time", "5ms", "--step-time", "8ms", "--decode-time", "5ms"}
	for _, m := range misbehaviours {
		arguments = append(arguments, "--misbehave", m)
	}
	r.Configuration = map[string]any{
		"comfy_ui": map[string]any{
			"installation_type": "simulated",
			"api_port":          FreePort(t),
			"extra_args":        arguments,
			"start_timeout":     "20s",
		},
		"workflow": map[string]any{
			"template_file": "fox_api.json",
			"parameter_map": map[string]any{
				"prompt": map[string]any{"node_id": "6", "field": "text"},
				"seed":   map[string]any{"node_id": "25", "field": "noise_seed"},
			},
		},
	}
	r.Store, err = sqlite.Open(t.Context(), filepath.Join(r.Dir, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Store.Close() })
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log:\n%s", r.Logged())
		}
	})
	return r
}

// Comfy sets a key of the ComfyUI.
func (r *Rig) Comfy(key string, value any) { r.Configuration["comfy_ui"].(map[string]any)[key] = value }

// Port is ComfyUI's.
func (r *Rig) Port() any { return r.Configuration["comfy_ui"].(map[string]any)["api_port"] }

// Template is the file of the workflow.
func (r *Rig) Template() string { return filepath.Join(r.Dir, "fox_api.json") }

// WriteTemplate replaces the workflow.
func (r *Rig) WriteTemplate(text string) {
	r.t.Helper()
	if err := os.WriteFile(r.Template(), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// Edit replaces a piece of the workflow.
func (r *Rig) Edit(old, new string) {
	r.t.Helper()
	data, err := os.ReadFile(r.Template())
	if err != nil || !strings.Contains(string(data), old) {
		r.t.Fatalf("no %s in the template: %v", old, err)
	}
	r.WriteTemplate(strings.ReplaceAll(string(data), old, new))
}

func (r *Rig) load() *config.Config {
	r.t.Helper()
	data, err := json.Marshal(r.Configuration)
	if err != nil {
		r.t.Fatal(err)
	}
	file := filepath.Join(r.Dir, "config.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		r.t.Fatal(err)
	}
	c, err := config.Load(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// Worker makes one that is not booted. ComfyUI is stopped at the end of the test.
func (r *Rig) Worker() *Worker {
	r.t.Helper()
	c := r.load()
	if err := os.MkdirAll(c.Server.DataDir, 0o700); err != nil {
		r.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(r, nil))
	ctx, leave := context.WithCancel(r.t.Context())
	workflows := library.New(library.Config{
		Store: r.Store,
		Sources: []library.Source{{
			ID:       c.Workflow.ID,
			Title:    c.Workflow.Title,
			From:     workflow.FromConfiguration,
			File:     c.Workflow.TemplateFile,
			Bindings: c.Workflow.Bindings(),
		}},
		Log: log,
		OnChange: func(all []workflow.Workflow) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.workflows = all
		},
	})
	lanes := fleet.New(fleet.Config{
		Workers:      c.Workers,
		Library:      workflows,
		WarmupPrompt: c.Workflow.WarmupPrompt,
		Learned:      r.learned(c, workflows, log),
		DataDir:      c.Server.DataDir,
		Instance:     r.Instance,
		Executable:   os.Args[0],
		Store:        r.Store,
		Pace:         hurried,
		Now:          time.Now,
		Log:          log,
		OnWorker:     func(health.Worker) {},
		OnProgress: func(p job.Progress) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.progress = append(r.progress, p)
		},
	})
	lane, err := lanes.Lane("gpu")
	if err != nil {
		r.t.Fatal(err)
	}
	var parts sync.WaitGroup
	parts.Go(func() { lanes.Connect(ctx) })
	v := &Worker{Engine: lane.Engine, Runner: lane.Runner, rig: r, lane: lane, library: workflows, Ctx: ctx}
	v.Leave = func() {
		leave()
		parts.Wait()
	}
	r.t.Cleanup(func() {
		v.Leave()
		_ = lane.Engine.Stop(context.Background())
	})
	return v
}

// Boot makes a worker that is ready.
func (r *Rig) Boot() *Worker {
	r.t.Helper()
	w := r.Worker()
	if err := w.Boot(w.Ctx); err != nil {
		r.t.Fatal(err)
	}
	return w
}

// Supervised makes one that is looked after.
func (r *Rig) Supervised() *Worker {
	r.t.Helper()
	w := r.Boot()
	var parts sync.WaitGroup
	parts.Go(func() { w.lane.Supervise(w.Ctx, nil) })
	parts.Go(func() { w.library.Watch(w.Ctx) })
	disconnect := w.Leave
	w.Leave = func() {
		disconnect()
		parts.Wait()
	}
	return w
}

// Workflow returns the first workflow as it was told last.
func (r *Rig) Workflow() workflow.Workflow {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.workflows[0]
}

// Hash is that of the version that is offered.
func (r *Rig) Hash() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.workflows[0].Version
}

// NewJob is one that is about to run.
func (r *Rig) NewJob(prompt string) job.Job {
	return job.Job{
		ID:              uuid.NewString(),
		Worker:          "gpu",
		Workflow:        "fox",
		WorkflowVersion: r.Hash(),
		Status:          job.Processing,
		Start:           time.Now().UnixMilli(),
		Duration:        time.Hour.Milliseconds(),
		Estimate:        60_000,
		Inputs:          workflow.Values{"prompt": workflow.Text(prompt), "seed": workflow.Seed(7)},
		Attempt:         1,
	}
}

// Eventually waits until something is as wanted.
func (r *Rig) Eventually(wanted string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(Patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain: %s", wanted)
		}
	}
}
