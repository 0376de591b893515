//go:build linux

package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// inTrouble is a site on which much goes wrong: one worker runs with a link that leads astray and a workflow that cannot be read, one
// has a program that is none, one a port that is taken, one runs elsewhere and is not there, and one ends with words of its own.
func inTrouble(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	write := func(name, content string) string {
		file := filepath.Join(s.Folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		return file
	}
	link := func(target, name string) {
		file := filepath.Join(s.Folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, file); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	link(filepath.Join(s.Folder, "elsewhere"), "output/away")
	write("elsewhere/kept.png", "")
	link(filepath.Join(s.Folder, "nowhere.json"), "workflows/gone_api.json")
	write("workflows/broken_api.json", "{")
	write("checkout/main.py", "")
	write("checkout/python-of-nobody", "no program")
	write("checkout/python-that-ends", "#!/bin/sh\necho \"no module in $PWD\" >&2\nexit 3\n")
	local := func(python string, port int) map[string]any {
		return map[string]any{
			"installation_type": "local",
			"root_path":         filepath.Join(s.Folder, "checkout"),
			"python_executable": "./" + python,
			"output_dir":        filepath.Join(s.Folder, "output-"+fmt.Sprint(port)),
			"api_port":          port,
		}
	}
	worker := func(id string, comfy map[string]any) map[string]any {
		return map[string]any{"id": id, "comfy_ui": comfy}
	}
	s.Workers = map[string]int{"works": freePort(t)}
	s.Config["workers"] = []any{
		worker("works", map[string]any{"api_port": s.Workers["works"], "output_dir": filepath.Join(s.Folder, "output")}),
		worker("none", local("python-of-nobody", freePort(t))),
		worker("taken", map[string]any{"api_port": taken.Addr().(*net.TCPAddr).Port, "output_dir": filepath.Join(s.Folder, "output-taken")}),
		worker("away", map[string]any{"installation_type": "remote", "api_port": freePort(t), "start_timeout": "1s"}),
		worker("ends", local("python-that-ends", freePort(t))),
	}
	return s
}

// TestPathsProcessesAndAddressesAreForAdministrators scans all that others are told of how workers are.
func TestPathsProcessesAndAddressesAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := inTrouble(t).start()
	user, admin := s.signIn(), s.administrator()
	late := user.book(on("works", exactly(now()+700, "a fox [[slow=2s]]")))
	s.killComfy("works")
	user.until(late.Id, func(j *pb.Job) bool { return j.Delay != nil }) // and why
	admin.untilWorkers("all that goes wrong is told", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
		for id, w := range workers {
			if id != "works" && w.Status != pb.WorkerStatus_WORKER_STATUS_OFFLINE {
				return false
			}
		}
		return strings.Contains(workers["works"].GetReason(), "away")
	})
	root, err := servicetest.Root()
	if err != nil {
		t.Fatal(err)
	}
	secret := []*regexp.Regexp{
		regexp.MustCompile(regexp.QuoteMeta(s.Folder)),
		regexp.MustCompile(regexp.QuoteMeta(filepath.Dir(s.Program))),
		regexp.MustCompile(regexp.QuoteMeta(root)),
		regexp.MustCompile(`\bpid\b`),
		regexp.MustCompile(`127\.0\.0\.1:\d`),
		regexp.MustCompile(`python-`),
	}
	scan := func(c *client, report func(path string, what *regexp.Regexp, around []byte)) {
		for path, told := range s.allThatIsTold(c, late.Id) {
			for _, what := range secret {
				if at := what.FindIndex(told); at != nil {
					report(path, what, told[max(0, at[0]-100):min(len(told), at[1]+100)])
				}
			}
		}
	}
	scan(user, func(path string, _ *regexp.Regexp, around []byte) {
		t.Errorf("%s tells the user: %s", path, around)
	})
	// There must be something to hide: workers start again and again meanwhile, so it is not all told at one moment.
	found := map[string]bool{}
	for deadline := time.Now().Add(patience); len(found) < 4; {
		if time.Now().After(deadline) {
			t.Fatalf("the administrator is told of %v only", found)
		}
		scan(admin, func(_ string, what *regexp.Regexp, _ []byte) { found[what.String()] = true })
	}
	for _, id := range []string{"none", "taken", "away", "ends"} {
		user.untilWorkers("what is wrong with "+id+" is told", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
			w := workers[id]
			steps := w.GetBootSteps()
			return w.GetStatus() == pb.WorkerStatus_WORKER_STATUS_OFFLINE && w.Reason != "" && len(steps) > 0 && steps[len(steps)-1].Detail != ""
		})
	}
}

// killComfy ends a worker's ComfyUI at once.
func (s *site) killComfy(worker string) {
	s.t.Helper()
	for _, pid := range s.ComfyPIDsOf(worker) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (c *client) workers() []*pb.Worker {
	c.t.Helper()
	list, err := c.Workers.ListWorkers(c.t.Context(), &pb.ListWorkersRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	return list.Workers
}

// allThatIsTold collects what the service tells of itself, its workers, its workflows and a job, by the way that leads there.
func (s *site) allThatIsTold(c *client, job string) map[string][]byte {
	c.t.Helper()
	told := map[string][]byte{}
	add := func(path string, m proto.Message, err error) {
		text := []byte(fmt.Sprint(err))
		if err == nil {
			text, err = protojson.Marshal(m)
			if err != nil {
				c.t.Fatal(err)
			}
		}
		told[path] = text
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		c.t.Fatal(err, stream.Err())
	}
	add("WatchState", stream.Msg(), nil)
	_ = stream.Close()
	state, err := c.GetState(ctx, &pb.GetStateRequest{})
	add("GetState", state, err)
	for _, w := range c.workers() {
		one, err := c.Workers.GetWorker(ctx, &pb.GetWorkerRequest{WorkerId: w.Id})
		add("GetWorker "+w.Id, one, err)
	}
	list, err := c.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{})
	add("ListWorkers", list, err)
	menu, err := c.Workflows.ListWorkflows(ctx, &pb.ListWorkflowsRequest{})
	add("ListWorkflows", menu, err)
	for _, w := range menu.GetWorkflows() {
		one, err := c.Workflows.GetWorkflow(ctx, &pb.GetWorkflowRequest{WorkflowId: w.Id})
		add("GetWorkflow "+w.Id, one, err)
	}
	estimates, err := c.ListEstimates(ctx, &pb.ListEstimatesRequest{})
	add("ListEstimates", estimates, err)
	one, err := c.GetJob(ctx, &pb.GetJobRequest{JobId: job})
	add("GetJob", one, err)
	for _, path := range []string{"/healthz", "/metrics", "/results/" + job + "/0", "/images/no.png", "/thumbnails/away/kept.png"} {
		_, body := c.fetch(s.url + path)
		told[path] = bytes.ReplaceAll(body, []byte(s.url), nil)
	}
	return told
}
