package conformance

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/shirou/gopsutil/v4/process"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// service is a running service and somebody who is signed in to it.
type service struct {
	*servicetest.Process
	*servicetest.Client
	root     *servicetest.Client // the administrator
	t        *testing.T
	url      string
	comfyURL string
	log      *servicetest.Log
}

// site holds the files and the ComfyUI of a service, across its restarts.
type site struct {
	*servicetest.Site
	t        *testing.T
	output   string
	comfyURL string
	token    string
}

// silence is the time for which a run may be silent, in seconds.
const silence = 15

// parameters of the template that the tests book.
var parameterMap = map[string]any{
	"prompt":   map[string]any{"node_id": "1", "field": "text"},
	"seed":     map[string]any{"node_id": "1", "field": "seed"},
	"seconds":  map[string]any{"node_id": "1", "field": "seconds"},
	"steps":    map[string]any{"node_id": "1", "field": "steps", "max": 500},
	"batch":    map[string]any{"node_id": "1", "field": "batch"},
	"outcome":  map[string]any{"node_id": "1", "field": "outcome"},
	"caption":  map[string]any{"node_id": "1", "field": "caption"},
	"inverted": map[string]any{"node_id": "1", "field": "inverted"},
	"size":     []any{map[string]any{"node_id": "1", "field": "size"}, map[string]any{"node_id": "1", "field": "border"}},
}

func newSite(t *testing.T, comfy map[string]any) *site {
	t.Helper()
	program, err := servicetest.Program()
	if err != nil {
		t.Fatal(err)
	}
	own, err := servicetest.NewSite(program, t.TempDir(), servicetest.Pace{})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Site: own, t: t}
	copyFile(t, "testdata/paint_api.json", s.template())
	s.comfyURL = fmt.Sprintf("http://127.0.0.1:%d", comfy["api_port"])
	s.output, _ = comfy["output_dir"].(string)
	s.Config["comfy_ui"] = comfy
	s.Config["workflow"] = map[string]any{"template_file": "paint_api.json", "parameter_map": parameterMap}
	s.Config["scheduler"] = map[string]any{"slot_margin": 5, "silence_factor": 1, "silence_min": fmt.Sprintf("%ds", silence)}
	s.Config.Set("server.shutdown_grace", "1s")
	return s
}

func (s *site) template() string { return filepath.Join(s.Folder, "paint_api.json") }

// local makes a site whose ComfyUI the service launches.
func (i installation) local(t *testing.T, extra ...string) *site {
	base := baseDirectory(t)
	arguments := append([]string{"--cpu", "--disable-api-nodes", "--base-directory", base, "--database-url", database(base)}, extra...)
	return newSite(t, map[string]any{
		"installation_type": "local",
		"root_path":         i.root,
		"python_executable": i.python,
		"output_dir":        filepath.Join(base, "output"),
		"api_port":          freePort(t),
		"extra_args":        arguments,
		"start_timeout":     patience.String(),
	})
}

// launch starts the service and does not wait for it.
func (s *site) launch() *service {
	s.t.Helper()
	v := &service{t: s.t, comfyURL: s.comfyURL, log: &servicetest.Log{}}
	process, err := s.Launch(v.log)
	if err != nil {
		s.t.Fatal(err)
	}
	v.Process = process
	s.t.Cleanup(func() {
		_ = v.stop()
		if s.t.Failed() {
			s.t.Logf("the service's log:\n%s", v.log)
		}
	})
	return v
}

// start starts the service, waits until it is ready and signs in.
func (s *site) start() *service {
	s.t.Helper()
	v := s.launch()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	url, err := v.Address(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	v.url, v.Client, v.root = url, servicetest.Dial(url, servicetest.HTTP1()), servicetest.Dial(url, servicetest.HTTP1())
	if v.root.Token, err = s.AdminToken(); err != nil {
		s.t.Fatal(err)
	}
	if s.token == "" {
		if err := v.SignIn(s.t.Context(), &pb.SignInRequest{Delivery: pb.TokenDelivery_TOKEN_DELIVERY_RESPONSE}); err != nil {
			s.t.Fatal(err)
		}
		s.token = v.Token
	}
	v.Token = s.token
	return v
}

// stop is the clean one. It returns when the service has ended, and how.
func (v *service) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return v.Stop(ctx)
}

// state is all that there is to see: an administrator is told of processes and addresses.
func (v *service) state() *pb.GetStateResponse {
	v.t.Helper()
	state, err := v.root.GetState(v.t.Context(), &pb.GetStateRequest{})
	if err != nil {
		v.t.Fatal(err)
	}
	return state
}

func (v *service) worker() *pb.Worker { return v.state().GetStatus().GetSystem().GetWorkers()[0] }

// form returns the inputs of the workflow, by name.
func (v *service) form() map[string]*pb.Input {
	v.t.Helper()
	response, err := v.Workflows.GetWorkflow(v.t.Context(), &pb.GetWorkflowRequest{})
	if err != nil {
		v.t.Fatal(err)
	}
	found := map[string]*pb.Input{}
	for _, in := range response.GetWorkflow().GetInputs() {
		found[in.GetName()] = in
	}
	return found
}

// example is the prompt that the workflow offers.
func (v *service) example() string { return v.form()["prompt"].GetText().GetExample() }

var pidPattern = regexp.MustCompile(`pid (\d+)`)

// comfyPID is told by the boot.
func (v *service) comfyPID() int {
	v.t.Helper()
	for _, step := range v.worker().GetBootSteps() {
		if match := pidPattern.FindStringSubmatch(step.GetDetail()); match != nil && step.GetStage() == pb.BootStage_BOOT_STAGE_LAUNCH {
			pid, _ := strconv.Atoi(match[1])
			return pid
		}
	}
	v.t.Fatal("no step tells the pid")
	return 0
}

// alive does not count one that has ended and only waits for its parent to notice.
func alive(pid int) bool {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return false
	}
	status, err := p.Status()
	return err == nil && !slices.Contains(status, process.Zombie)
}

// booking is a request for the next free slot, with parameters as they are.
func booking(prompt string, parameters map[string]any) *pb.BookJobRequest {
	r := &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{}, Inputs: servicetest.Prompt(prompt)}
	for name, value := range parameters {
		switch value := value.(type) {
		case int:
			r.Inputs[name] = &pb.InputValue{Value: &pb.InputValue_Integer{Integer: int64(value)}}
		case float64:
			r.Inputs[name] = &pb.InputValue{Value: &pb.InputValue_Number{Number: value}}
		case bool:
			r.Inputs[name] = &pb.InputValue{Value: &pb.InputValue_Boolean{Boolean: value}}
		case string:
			r.Inputs[name] = &pb.InputValue{Value: &pb.InputValue_Text{Text: value}}
		}
	}
	return r
}

func (v *service) book(t *testing.T, r *pb.BookJobRequest) *pb.Job {
	t.Helper()
	booked, err := v.BookJob(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return booked.GetJob()
}

func (v *service) job(t *testing.T, id string) *pb.Job {
	t.Helper()
	got, err := v.GetJob(t.Context(), &pb.GetJobRequest{JobId: id})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetJob()
}

// until waits for a job to be as wanted.
func (v *service) until(t *testing.T, id, wanted string, ok func(*pb.Job) bool) *pb.Job {
	t.Helper()
	var j *pb.Job
	defer func() {
		if t.Failed() {
			t.Logf("the job: %v", j)
		}
	}()
	eventually(t, wanted, func() bool {
		j = v.job(t, id)
		return ok(j)
	})
	return j
}

// end waits for a job's end and insists on how it ends.
func (v *service) end(t *testing.T, id string, status pb.JobStatus) *pb.Job {
	t.Helper()
	j := v.until(t, id, "the job ends", func(j *pb.Job) bool { return j.GetFinishedAtMs() != 0 })
	if j.GetStatus() != status {
		t.Fatalf("the job is %v, want %v: %v", j.GetStatus(), status, j)
	}
	return j
}

// underWay waits until a job runs and ComfyUI has begun to paint.
func (v *service) underWay(t *testing.T, id string) *pb.Job {
	t.Helper()
	return v.until(t, id, "the job is under way", func(j *pb.Job) bool { return j.GetProgress().GetStep() > 0 })
}

// fetch reads one of the service's own URLs.
func (v *service) fetch(t *testing.T, path string) (status int, contentType string, body []byte) {
	t.Helper()
	res, err := http.Get(v.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), body
}

// watch collects the progress of a job until it has ended.
func (v *service) watch(t *testing.T, id string) <-chan []*pb.JobProgress {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	stream, err := v.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	collected := make(chan []*pb.JobProgress, 1)
	go func() {
		defer cancel()
		collected <- collect(stream, id)
	}()
	return collected
}

func collect(stream *connect.ServerStreamForClient[pb.WatchStateResponse], id string) (all []*pb.JobProgress) {
	for stream.Receive() {
		for _, p := range stream.Msg().GetProgress() {
			if p.GetJobId() == id {
				all = append(all, p)
			}
		}
		for _, delta := range stream.Msg().GetDeltas() {
			for _, j := range delta.GetJobs() {
				if j.GetId() == id && j.GetFinishedAtMs() != 0 {
					return all
				}
			}
		}
	}
	return all
}

// says fails the test unless the text has all the parts.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, lastLines(text, 30))
		}
	}
}

func lastLines(text string, n int) string {
	var lines []string
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// inFuture is a moment that no test waits for.
func inFuture() int64 { return time.Now().Add(time.Hour).UnixMilli() }

// moveToNow moves a job to the next free slot.
func moveToNow(j *pb.Job) *pb.MoveJobRequest {
	return &pb.MoveJobRequest{
		JobId:   j.GetId(),
		Version: j.GetVersion(),
		Start:   &pb.MoveJobRequest_EarliestStartMs{EarliestStartMs: time.Now().UnixMilli()},
	}
}
