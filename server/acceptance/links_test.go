//go:build linux

package acceptance_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Results behind a link to a disk that the administrator named are results like others. Those behind any other link are never served, and
// that is said at once.
func TestResultsBehindLinks(t *testing.T) {
	t.Parallel()
	for allowed, want := range map[bool]int{true: http.StatusOK, false: http.StatusNotFound} {
		s := newSite(t)
		disk, output := t.TempDir(), filepath.Join(s.Folder, "data", "simulated", "output")
		if err := os.MkdirAll(output, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(disk, filepath.Join(output, "big")); err != nil {
			t.Fatal(err)
		}
		s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
		if allowed {
			s.with("comfy_ui.output_links", []string{disk})
		}
		s.writeConfig()
		const warning = "behind the link big, which leads to"
		if said, code := s.run("check-config"); code != 0 || strings.Contains(said, warning) == allowed {
			t.Errorf("check-config with %v: %d %s", allowed, code, said)
		}
		s.start()
		ada := s.signIn()
		moved := []byte(strings.ReplaceAll(copying, "copy", "big/copy"))
		w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: moved}})
		done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, nil)).Id)
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || !strings.HasPrefix(done.Results[0].Filename, "big/copy/") {
			t.Fatal(done)
		}
		if known := done.Results[0].SizeBytes > 0; known != allowed {
			t.Errorf("with %v the size is known: %v", allowed, known)
		}
		name := done.Results[0].Filename
		for _, path := range []string{"/results/" + done.Id + "/0", "/images/" + name, "/thumbnails/" + name} {
			status, answer := s.fetch(ada, path)
			if status != want || !allowed && !strings.Contains(string(answer), "comfy_ui.output_links") {
				t.Errorf("%s with %v: %d %.200s", path, allowed, status, answer)
			}
		}
		if status, answer := s.fetch(ada, "/images/big/none.png"); status != http.StatusNotFound ||
			strings.Contains(string(answer), "comfy_ui.output_links") == allowed {
			t.Errorf("what is not there with %v: %d %s", allowed, status, answer)
		}
		for name, c := range map[string]*client{"a user": ada, "the administrator": s.administrator()} {
			state, err := c.GetState(t.Context(), &pb.GetStateRequest{})
			if err != nil {
				t.Fatal(err)
			}
			told := fmt.Sprint(state.Snapshot, state.Status)
			if is := name == "the administrator" && !allowed; strings.Contains(told, warning) != is {
				t.Errorf("%s is told of the worker with %v: %s", name, allowed, told)
			}
		}
	}
}

// What is brought in from a result is the workflow that made it: with the author's own prefix, not that of the run.
func TestAResultOpensAsItsWorkflow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}, Title: "Copying"})
	for range 2 { // the second is made of a result of the first
		done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, nil)).Id)
		if want := "copy/" + done.Id; done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || !strings.HasPrefix(done.Results[0].Filename, want) {
			t.Fatalf("%v: not below %s", done, want)
		}
		_, content := s.fetch(ada, "/results/"+done.Id+"/0")
		w = ada.imports(&pb.ImportWorkflowRequest{
			Source:   &pb.ImportWorkflowRequest_Content{Content: content},
			Title:    "Copying again",
			Filename: "copy.png",
		})
	}
}
