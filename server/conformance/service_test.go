package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/shirou/gopsutil/v4/process"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// service is a running service and somebody who is signed in to it.
type service struct {
	t         *testing.T
	url       string
	comfyURL  string
	command   *exec.Cmd
	ended     chan struct{}
	exit      error
	log       string // file
	scheduler comfyschedulerv1connect.SchedulerServiceClient
}

// site is what a service works with, across its restarts.
type site struct {
	t             *testing.T
	dir           string
	output        string
	comfyURL      string
	configuration map[string]any
	token         string
}

// silence is how many seconds a run may be silent.
const silence = 15

// parameters of the template that the tests book.
var parameterMap = map[string]any{
	"prompt": map[string]any{"node_id": "1", "field": "text"}, "seed": map[string]any{"node_id": "1", "field": "seed"},
	"seconds": map[string]any{"node_id": "1", "field": "seconds"}, "steps": map[string]any{"node_id": "1", "field": "steps", "max": 500},
	"batch": map[string]any{"node_id": "1", "field": "batch"}, "outcome": map[string]any{"node_id": "1", "field": "outcome"},
	"caption": map[string]any{"node_id": "1", "field": "caption"}, "inverted": map[string]any{"node_id": "1", "field": "inverted"},
	"size": []any{map[string]any{"node_id": "1", "field": "size"}, map[string]any{"node_id": "1", "field": "border"}},
}

func newSite(t *testing.T, comfy map[string]any) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	copyFile(t, "testdata/paint_api.json", s.template())
	s.comfyURL = fmt.Sprintf("http://127.0.0.1:%d", comfy["api_port"])
	s.output, _ = comfy["output_dir"].(string)
	s.configuration = map[string]any{
		"server":    map[string]any{"host": "127.0.0.1", "port": freePort(t), "shutdown_grace": "1s"},
		"comfy_ui":  comfy,
		"workflow":  map[string]any{"template_file": "paint_api.json", "parameter_map": parameterMap},
		"scheduler": map[string]any{"slot_margin": 5, "silence_factor": 1, "silence_min": fmt.Sprintf("%ds", silence)},
	}
	return s
}

func (s *site) template() string { return filepath.Join(s.dir, "paint_api.json") }

// local makes a site whose ComfyUI the service launches.
func (i installation) local(t *testing.T, extra ...string) *site {
	base := baseDirectory(t)
	arguments := append([]string{"--cpu", "--disable-api-nodes", "--base-directory", base, "--database-url", database(base)}, extra...)
	return newSite(t, map[string]any{
		"installation_type": "local", "root_path": i.root, "python_executable": i.python, "output_dir": filepath.Join(base, "output"),
		"api_port": freePort(t), "extra_args": arguments, "start_timeout": patience.String(),
	})
}

// launch starts the service and does not wait for it.
func (s *site) launch() *service {
	s.t.Helper()
	data, err := json.Marshal(s.configuration)
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.dir, "config.json")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
	binary, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	v := &service{t: s.t, comfyURL: s.comfyURL, log: filepath.Join(s.dir, "service.log"), ended: make(chan struct{})}
	log, err := os.OpenFile(v.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	v.command = exec.Command(binary, "serve", "--config", file)
	v.command.Stdout, v.command.Stderr = log, log
	if err := v.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		v.exit = v.command.Wait()
		close(v.ended)
	}()
	s.t.Cleanup(func() {
		v.stop()
		if s.t.Failed() {
			s.t.Logf("the service's log:\n%s", v.logged())
		}
	})
	v.url = fmt.Sprintf("http://127.0.0.1:%d", s.configuration["server"].(map[string]any)["port"])
	return v
}

// start starts the service, waits until it is ready and signs in.
func (s *site) start() *service {
	s.t.Helper()
	v := s.launch()
	eventually(s.t, "the service opens its port", func() bool {
		select {
		case <-v.ended:
			s.t.Fatalf("the service ended: %v\n%s", v.exit, v.logged())
		default:
		}
		res, err := http.Get(v.url + "/healthz")
		if err == nil {
			res.Body.Close()
		}
		return err == nil && res.StatusCode == http.StatusOK
	})
	if s.token == "" {
		identity := comfyschedulerv1connect.NewIdentityServiceClient(http.DefaultClient, v.url)
		signedIn, err := identity.SignIn(s.t.Context(), &pb.SignInRequest{Delivery: pb.TokenDelivery_TOKEN_DELIVERY_RESPONSE})
		if err != nil {
			s.t.Fatal(err)
		}
		s.token = signedIn.GetToken()
	}
	v.scheduler = comfyschedulerv1connect.NewSchedulerServiceClient(bearer(s.token), v.url)
	return v
}

// bearer is an HTTP client that signs its requests.
type bearer string

func (b bearer) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultClient.Do(r)
}

func (v *service) logged() string {
	data, _ := os.ReadFile(v.log)
	return string(data)
}

// stop is the clean one. It returns when the service has ended.
func (v *service) stop() {
	_ = v.command.Process.Signal(syscall.SIGTERM) // it may have ended
	<-v.ended
}

// kill is the power cut.
func (v *service) kill() {
	_ = v.command.Process.Kill()
	<-v.ended
}

func (v *service) state() *pb.StateSnapshot {
	v.t.Helper()
	state, err := v.scheduler.GetState(v.t.Context(), &pb.GetStateRequest{})
	if err != nil {
		v.t.Fatal(err)
	}
	return state.GetSnapshot()
}

func (v *service) worker() *pb.Worker { return v.state().GetSystem().GetWorkers()[0] }

var pidPattern = regexp.MustCompile(`pid (\d+)`)

// comfyPID is told by the boot.
func (v *service) comfyPID() int {
	v.t.Helper()
	for _, step := range v.worker().GetBootSteps() {
		if match := pidPattern.FindStringSubmatch(step.GetDetail()); match != nil && step.GetName() == "launch" {
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
	r := &pb.BookJobRequest{Prompt: prompt, Start: &pb.BookJobRequest_NextFreeFrom{}, Parameters: map[string]*pb.ParameterValue{}}
	for name, value := range parameters {
		switch value := value.(type) {
		case int:
			r.Parameters[name] = &pb.ParameterValue{Value: &pb.ParameterValue_Integer{Integer: int64(value)}}
		case float64:
			r.Parameters[name] = &pb.ParameterValue{Value: &pb.ParameterValue_Number{Number: value}}
		case bool:
			r.Parameters[name] = &pb.ParameterValue{Value: &pb.ParameterValue_Boolean{Boolean: value}}
		case string:
			r.Parameters[name] = &pb.ParameterValue{Value: &pb.ParameterValue_Text{Text: value}}
		}
	}
	return r
}

func (v *service) book(t *testing.T, r *pb.BookJobRequest) *pb.Job {
	t.Helper()
	booked, err := v.scheduler.BookJob(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return booked.GetJob()
}

func (v *service) job(t *testing.T, id string) *pb.Job {
	t.Helper()
	got, err := v.scheduler.GetJob(t.Context(), &pb.GetJobRequest{JobId: id})
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
	stream, err := v.scheduler.WatchState(ctx, &pb.WatchStateRequest{})
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
func moveToNow(j *pb.Job) *pb.UpdateJobRequest {
	return &pb.UpdateJobRequest{
		JobId: j.GetId(), Version: j.GetVersion(), Edit: &pb.JobEdit{NextFreeFrom: time.Now().UnixMilli()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"next_free_from"}},
	}
}
