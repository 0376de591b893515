//go:build linux

// Package acceptance drives the real program as its users do: its binary as a subprocess, on the simulated ComfyUI,
// through its port.
package acceptance_test

import (
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// patience bounds every wait; what takes longer counts as not happening.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	flag.Parse()
	if *workers > 1 {
		lane = "gpu"
	}
	code := m.Run()
	servicetest.Clean()
	os.Exit(code)
}

// fast makes the simulated ComfyUI quick.
var fast = servicetest.Pace{
	Start:  10 * time.Millisecond,
	Load:   10 * time.Millisecond,
	Encode: 5 * time.Millisecond,
	Step:   30 * time.Millisecond,
	Decode: 5 * time.Millisecond,
}

// site is a folder with a configuration, and the service that runs on it. Whatever goes wrong fails the test.
type site struct {
	*servicetest.Site
	t       *testing.T
	url     string
	process *servicetest.Process // the latest
	log     servicetest.Log
	crowded bool // has more workers than the test asks for
}

// newSite makes a site. The arguments are added to those of the simulated ComfyUI.
func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	program, err := servicetest.Program()
	if err != nil {
		t.Fatal(err)
	}
	own, err := servicetest.NewSite(program, t.TempDir(), fast, args...)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Site: own, t: t}
	s.with("server.shutdown_grace", "10s").with("workflow.parameter_map", servicetest.Inputs(servicetest.Size()))
	t.Cleanup(s.kill)
	return s
}

// with sets one key of the configuration, such as "server.port".
func (s *site) with(path string, value any) *site {
	s.Config.Set(path, value)
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := servicetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (s *site) writeConfig() {
	s.t.Helper()
	s.crowd()
	if err := s.Config.Write(s.ConfigFile()); err != nil {
		s.t.Fatal(err)
	}
}

// launch starts the service and does not wait for its port.
func (s *site) launch() {
	s.t.Helper()
	s.crowd()
	process, err := s.Launch(&s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	s.process = process
}

// start starts the service and waits until its port is open.
func (s *site) start() *site {
	s.t.Helper()
	booted := s.timesBooted()
	s.launch()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	url, err := s.process.Address(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	s.url = url
	s.untilLane(ctx, booted)
	return s
}

// says waits until the log says it.
func (s *site) says(text string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	if err := s.log.Await(ctx, text); err != nil {
		s.t.Fatal(err)
	}
}

// fails starts the service, which must end by itself with exit code 1, and gives what it said.
func (s *site) fails() string {
	s.t.Helper()
	s.launch()
	s.waitForEnd()
	if code := s.process.ExitCode(); code != 1 {
		s.t.Errorf("exit code %d", code)
	}
	return s.log.String()
}

func (s *site) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) waitForEnd() {
	s.t.Helper()
	select {
	case <-s.process.Ended():
	case <-time.After(patience):
		s.t.Fatalf("the service did not end:\n%s", s.log.String())
	}
}

// crash is a kill -9 of the service. ComfyUI lives on.
func (s *site) crash() {
	s.t.Helper()
	s.signal(os.Kill)
	s.waitForEnd()
}

// kill leaves nothing behind, ComfyUI neither.
func (s *site) kill() {
	if s.t.Failed() {
		s.t.Logf("log of the service:\n%s", s.log.String())
	}
	if s.process != nil {
		s.process.Kill()
	}
	s.KillComfy()
}

// client is a user at the service's port. Whatever goes wrong in its own methods fails the test.
type client struct {
	*servicetest.Client
	t *testing.T
}

// visitor is a client that has not signed in.
func (s *site) visitor(options ...connect.ClientOption) *client {
	return &client{servicetest.Dial(s.url, servicetest.HTTP2(), options...), s.t}
}

// signIn is a new user.
func (s *site) signIn(options ...connect.ClientOption) *client {
	s.t.Helper()
	c := s.visitor(options...)
	if err := c.SignIn(s.t.Context(), &pb.SignInRequest{ClientName: "test"}); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func nextFree(prompt string) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{}, Inputs: servicetest.Prompt(prompt), WorkerId: lane}
}

func exactly(start int64, prompt string) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_StartMs{StartMs: start}, Inputs: servicetest.Prompt(prompt), WorkerId: lane}
}

func (c *client) book(r *pb.BookJobRequest) *pb.Job {
	c.t.Helper()
	response, err := c.BookJob(c.t.Context(), r)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.Job
}

func (c *client) job(id string) *pb.Job {
	c.t.Helper()
	response, err := c.GetJob(c.t.Context(), &pb.GetJobRequest{JobId: id})
	if err != nil {
		c.t.Fatal(err)
	}
	return response.Job
}

// owner is the name of a job's owner.
func (c *client) owner(id string) string {
	c.t.Helper()
	response, err := c.GetJob(c.t.Context(), &pb.GetJobRequest{JobId: id})
	if err != nil || len(response.Users) != 1 || response.Users[0].UserId != response.Job.UserId {
		c.t.Fatal(response, err)
	}
	return response.Users[0].Name
}

// until follows the live state until the job is as wanted.
func (c *client) until(id string, wanted func(*pb.Job) bool) *pb.Job {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{Client: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	var last *pb.Job
	for stream.Receive() {
		jobs := stream.Msg().GetSnapshot().GetJobs()
		for _, delta := range stream.Msg().Deltas {
			jobs = append(jobs, delta.Jobs...)
		}
		for _, j := range jobs {
			if j.Id == id {
				if last = j; wanted(j) {
					return j
				}
			}
		}
	}
	c.t.Fatalf("job %s is %v (%v)", id, last, stream.Err())
	return nil
}

func (c *client) untilEnded(id string) *pb.Job {
	c.t.Helper()
	return c.until(id, func(j *pb.Job) bool { return j.FinishedAtMs > 0 })
}

func (s *site) get(path string) (*http.Response, []byte) {
	s.t.Helper()
	response, err := http.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, body
}

func now() int64 { return time.Now().UnixMilli() }
