//go:build linux

// Package acceptance drives the real program as its users do: its binary as a subprocess, on the simulated ComfyUI,
// through its port.
package acceptance_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// patience is how long anything here may take before it counts as not happening.
const patience = 60 * time.Second

var program string

// TestMain builds the program, unless COMFYSCHEDULER_BIN names one that is built.
func TestMain(m *testing.M) {
	if program = os.Getenv("COMFYSCHEDULER_BIN"); program != "" {
		os.Exit(m.Run())
	}
	folder, err := os.MkdirTemp("", "comfyscheduler")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(folder, "comfyscheduler")
	build := exec.Command("go", "build", "-o", program, "../cmd/comfyscheduler")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the program:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// fast makes the simulated ComfyUI quick.
var fast = []string{"--start-time", "10ms", "--load-time", "10ms", "--encode-time", "5ms", "--step-time", "30ms", "--decode-time", "5ms"}

// site is a folder with a configuration, and the service that runs on it.
type site struct {
	t         *testing.T
	folder    string
	comfyPort int
	config    map[string]any
	wrap      []string // what the service is started through
	url       string
	command   *exec.Cmd
	ended     chan struct{}
	log       lockedBuffer
}

type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// newSite makes a site. The arguments are added to those of the simulated ComfyUI.
func newSite(t *testing.T, args ...string) *site {
	t.Helper()
	s := &site{t: t, folder: t.TempDir(), comfyPort: freePort(t)}
	template, err := filepath.Abs("../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	s.config = map[string]any{
		"server":   map[string]any{"port": 0, "host": "127.0.0.1", "shutdown_grace": "10s"},
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": s.comfyPort, "extra_args": append(append([]string{}, fast...), args...)},
		"workflow": map[string]any{"template_file": template, "parameter_map": map[string]any{
			"prompt": map[string]any{"node_id": "6", "field": "text"},
			"seed":   map[string]any{"node_id": "25", "field": "noise_seed"},
			"width":  []any{map[string]any{"node_id": "47", "field": "width"}, map[string]any{"node_id": "48", "field": "width"}},
			"height": []any{map[string]any{"node_id": "47", "field": "height"}, map[string]any{"node_id": "48", "field": "height"}},
		}},
	}
	t.Cleanup(s.kill)
	return s
}

// with sets one key of the configuration, such as "server.port".
func (s *site) with(path string, value any) *site {
	section, key, _ := strings.Cut(path, ".")
	if s.config[section] == nil {
		s.config[section] = map[string]any{}
	}
	s.config[section].(map[string]any)[key] = value
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func (s *site) configFile() string { return filepath.Join(s.folder, "config.json") }

func (s *site) writeConfig() {
	s.t.Helper()
	data, err := json.Marshal(s.config)
	if err == nil {
		err = os.WriteFile(s.configFile(), data, 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// launch starts the service and gives the lines that it prints.
func (s *site) launch() <-chan string {
	s.t.Helper()
	s.writeConfig()
	line := append(slices.Clone(s.wrap), program, "serve", "--config", s.configFile())
	s.command = exec.Command(line[0], line[1:]...)
	s.command.Stderr = &s.log
	out, err := s.command.StdoutPipe()
	if err == nil {
		err = s.command.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	lines := make(chan string, 10)
	ended := make(chan struct{})
	s.ended = ended
	command := s.command
	go func() {
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			lines <- scanner.Text()
		}
		close(lines)
		_ = command.Wait() // how it ended is in its state
		close(ended)
	}()
	return lines
}

// start starts the service and waits until its port is open.
func (s *site) start() *site {
	s.t.Helper()
	lines := s.launch()
	deadline := time.After(patience)
	for {
		select {
		case line, running := <-lines:
			if _, url, ok := strings.Cut(line, "is at "); ok {
				s.url = strings.TrimSpace(url)
				return s
			}
			if !running {
				s.t.Fatalf("the service ended:\n%s", s.log.String())
			}
		case <-deadline:
			s.t.Fatalf("the service did not start:\n%s", s.log.String())
		}
	}
}

// says waits until the log says it.
func (s *site) says(text string) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(s.log.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not said: %s", text)
		}
	}
}

// fails starts the service, which must end by itself with exit code 1, and gives what it said.
func (s *site) fails() string {
	s.t.Helper()
	s.launch()
	s.waitForEnd()
	if code := s.command.ProcessState.ExitCode(); code != 1 {
		s.t.Errorf("exit code %d", code)
	}
	return s.log.String()
}

func (s *site) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) waitForEnd() {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the service did not end:\n%s", s.log.String())
	}
}

// crash is a kill -9 of the service. ComfyUI lives on.
func (s *site) crash() {
	s.t.Helper()
	s.signal(syscall.SIGKILL)
	s.waitForEnd()
}

// kill leaves nothing behind, ComfyUI neither.
func (s *site) kill() {
	if s.t.Failed() {
		s.t.Logf("log of the service:\n%s", s.log.String())
	}
	if s.command != nil && s.command.Process != nil {
		_ = s.command.Process.Kill()
		<-s.ended
	}
	for _, pid := range s.comfyPIDs() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// comfyPIDs are the processes that run a simulated ComfyUI on this site's port.
func (s *site) comfyPIDs() (pids []int) {
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, entry := range entries {
		line, err := os.ReadFile(entry)
		if err == nil && bytes.Contains(line, []byte("simulate\x00")) && bytes.Contains(line, fmt.Appendf(nil, "--port\x00%d\x00", s.comfyPort)) {
			var pid int
			if _, err := fmt.Sscanf(entry, "/proc/%d/", &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// client is a user at the service's port.
type client struct {
	comfyschedulerv1connect.SchedulerServiceClient
	identity comfyschedulerv1connect.IdentityServiceClient
	admin    comfyschedulerv1connect.AdminServiceClient
	token    string
	user     *pb.User
	t        *testing.T
}

// bearer sends a token with every call.
type bearer struct {
	token *string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if *b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+*b.token)
	}
	return b.next.RoundTrip(r)
}

// visitor is a client that has not signed in.
func (s *site) visitor(options ...connect.ClientOption) *client {
	c := &client{t: s.t}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	httpClient := &http.Client{Transport: bearer{&c.token, &http.Transport{Protocols: &protocols}}}
	c.SchedulerServiceClient = comfyschedulerv1connect.NewSchedulerServiceClient(httpClient, s.url, options...)
	c.identity = comfyschedulerv1connect.NewIdentityServiceClient(httpClient, s.url, options...)
	c.admin = comfyschedulerv1connect.NewAdminServiceClient(httpClient, s.url, options...)
	return c
}

// signIn is a new user.
func (s *site) signIn(options ...connect.ClientOption) *client {
	s.t.Helper()
	c := s.visitor(options...)
	response, err := c.identity.SignIn(s.t.Context(), &pb.SignInRequest{ClientName: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	c.token, c.user = response.Token, response.User
	return c
}

func nextFree(prompt string) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_NextFreeFrom{}, Prompt: prompt}
}

func exactly(start int64, prompt string) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_TimeSlot{TimeSlot: start}, Prompt: prompt}
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
