//go:build linux

package acceptance_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// Two ComfyUIs that are started from one folder write the same names and share what people give them, and do not meet: each result
// is its own job's, for whoever may see that, on every path.
func TestTwoWorkersOfOneFolderDoNotMeet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	folder := filepath.Join(s.Folder, "comfy")
	comfy := s.Config.Section("comfy_ui")
	comfy["root_path"] = folder
	port := freePort(t)
	s.Workers = map[string]int{"one": s.ComfyPort, "two": port}
	s.Config["workers"] = []any{
		map[string]any{"id": "one"},
		map[string]any{"id": "two", "title": "The second", "comfy_ui": map[string]any{"api_port": port}},
	}
	s.with("access.private_jobs", true).start()
	ada, bob := s.signIn(), s.signIn()
	ada.untilWorkers("both are ready", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
		return workers["one"].GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY &&
			workers["two"].GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY && workers["two"].Title == "The second"
	})
	for _, place := range []string{"output/two", "input"} {
		if _, err := os.Stat(filepath.Join(folder, place)); err != nil {
			t.Error(err)
		}
	}
	for _, place := range []string{"user", "temp"} {
		if _, err := os.Stat(filepath.Join(s.Data(), "workers", "two", "own", place)); err != nil {
			t.Error(err)
		}
	}
	of := map[string]*pb.Job{}
	for worker, c := range map[string]*client{"one": ada, "two": bob} {
		of[worker] = c.untilEnded(c.book(on(worker, nextFree("a fox on "+worker))).Id)
	}
	one, two := of["one"], of["two"]
	if !strings.HasPrefix(two.ResultFilename, "two/") || strings.HasPrefix(one.ResultFilename, "one/") {
		t.Errorf("called %s and %s", one.ResultFilename, two.ResultFilename)
	}
	pictures := map[string]string{}
	for _, tc := range []struct {
		job           *pb.Job
		owner, others *client
	}{{one, ada, bob}, {two, bob, ada}} {
		name := tc.job.ResultFilename
		for _, path := range []string{"/images/" + name, "/results/" + tc.job.Id + "/0", "/thumbnails/" + name} {
			status, content := tc.owner.fetch(s.url + path)
			if status != http.StatusOK {
				t.Errorf("%s for its owner: %d", path, status)
			}
			if status, _ := tc.others.fetch(s.url + path); status != http.StatusForbidden && status != http.StatusNotFound {
				t.Errorf("%s for another: %d", path, status)
			}
			if other, seen := pictures[string(content)]; seen && other != tc.job.Id {
				t.Errorf("%s is what the other worker wrote", path)
			}
			pictures[string(content)] = tc.job.Id
		}
	}
	// What one worker writes under the other's folder name stays its own.
	name := filepath.Base(two.ResultFilename)
	if status, _ := ada.fetch(s.url + "/images/one/two/" + name); status == http.StatusOK {
		t.Error("the second worker's result is served as the first's")
	}
}

// A worker runs what the configuration says it is for, and nothing else.
func TestAWorkerThatIsForAnotherWorkflow(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil)
	list, _ := s.Config["workers"].([]any)
	template, err := servicetest.Template()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(s.Folder, "workflows"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Folder, "workflows", "owl.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	list[0].(map[string]any)["workflows"] = []string{"owl"}
	s.start()
	user := s.signIn()
	user.untilAllReady()
	if _, err := user.BookJob(t.Context(), on("one", nextFree("a fox"))); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("booked on a worker that is not for it: %v", err)
	}
	if j := user.untilEnded(user.book(anywhere(nextFree("a fox"))).Id); j.WorkerId == "one" ||
		j.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("any worker: %v", j)
	}
	owl := on("one", nextFree("an owl"))
	owl.WorkflowId = "owl"
	s.eventually("the other workflow is known", func() bool {
		j, err := user.BookJob(t.Context(), owl)
		if err != nil {
			return false
		}
		return user.untilEnded(j.Job.Id).Status == pb.JobStatus_JOB_STATUS_COMPLETED
	})
}
