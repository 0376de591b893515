//go:build linux

package acceptance_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// keepOnly takes all workers but one out of the configuration and starts the service anew.
func (s *site) keepOnly(worker string) {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	list, _ := s.Config["workers"].([]any)
	for _, w := range list {
		if w.(map[string]any)["id"] == worker {
			s.Config["workers"] = []any{w}
		}
	}
	s.start()
}

// outputs gives each worker of a fleet an output folder that the test knows.
func (s *site) outputs() {
	list, _ := s.Config["workers"].([]any)
	for _, w := range list {
		w := w.(map[string]any)
		w["comfy_ui"].(map[string]any)["output_dir"] = filepath.Join(s.Folder, "output of "+fmt.Sprint(w["id"]))
	}
}

// What workers have made stays readable when they are taken out of the configuration, for whoever may see the job, and nothing else of
// their folders is.
func TestResultsOfWorkersThatLeftTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"open": false, "private": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFleet(t, nil).with("access.private_jobs", private)
			s.outputs()
			s.start()
			ada, bob := s.signIn(), s.signIn()
			ada.untilAllReady()
			made := map[string]*pb.Job{}
			before := map[string][]byte{}
			for _, worker := range []string{"one", "two", "three"} {
				j := ada.untilEnded(ada.book(on(worker, nextFree("a fox"))).Id)
				made[worker] = j
				for _, path := range pathsOf(j) {
					_, before[path] = ada.fetch(s.url + path)
				}
			}
			if err := os.WriteFile(filepath.Join(s.Folder, "output of two", "notes.png"), []byte("of the owner"), 0o644); err != nil {
				t.Fatal(err)
			}
			s.keepOnly("three")
			ada, bob = s.again(ada), s.again(bob)
			for worker, j := range made {
				for _, path := range pathsOf(j) {
					if status, content := ada.fetch(s.url + path); status != http.StatusOK || !bytes.Equal(content, before[path]) {
						t.Errorf("%s of %s: %d, %d bytes of %d", path, worker, status, len(content), len(before[path]))
					}
					if status, _ := bob.fetch(s.url + path); (status == http.StatusOK) == private {
						t.Errorf("%s of %s for another: %d", path, worker, status)
					}
				}
				if names, _ := s.unzip(ada, "/archives/jobs/"+j.Id); len(names) != 1 || !strings.HasSuffix(names[0], ".png") {
					t.Errorf("the zip of %s: %v", worker, names)
				}
			}
			for _, path := range []string{"/images/two/notes.png", "/images/two/../output of one/x.png", "/images/two/"} {
				if status, content := ada.fetch(s.url + path); status == http.StatusOK {
					t.Errorf("%s is served: %q", path, content)
				}
			}
			// What is gone is told with the worker whose it was.
			if err := os.RemoveAll(filepath.Join(s.Folder, "output of two")); err != nil {
				t.Fatal(err)
			}
			status, said := ada.fetch(s.url + "/results/" + made["two"].Id + "/0")
			const says = `the worker \"two\", which made this result, is not in the configuration`
			if status != http.StatusNotFound || !strings.Contains(string(said), says) {
				t.Errorf("of a folder that is gone: %d %s", status, said)
			}
		})
	}
}

// What a worker has made stays readable when its output folder is another one, and lies where it lay.
func TestResultsOfAnEarlierOutputFolder(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil)
	s.outputs()
	s.start()
	user := s.signIn()
	user.untilAllReady()
	j := user.untilEnded(user.book(on("two", nextFree("a fox"))).Id)
	before := map[string][]byte{}
	for _, path := range pathsOf(j) {
		_, before[path] = user.fetch(s.url + path)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	list, _ := s.Config["workers"].([]any)
	list[1].(map[string]any)["comfy_ui"].(map[string]any)["output_dir"] = filepath.Join(s.Folder, "another disk")
	s.start()
	user = s.again(user)
	user.untilAllReady()
	later := user.untilEnded(user.book(on("two", nextFree("a fox"))).Id)
	for _, path := range pathsOf(later) {
		if status, _ := user.fetch(s.url + path); status != http.StatusOK {
			t.Errorf("%s of the new folder: %d", path, status)
		}
	}
	for _, path := range pathsOf(j) {
		if status, content := user.fetch(s.url + path); status != http.StatusOK || !bytes.Equal(content, before[path]) {
			t.Errorf("%s: %d, %d bytes of %d", path, status, len(content), len(before[path]))
		}
	}
	if names, _ := s.unzip(user, "/archives/jobs/"+j.Id); len(names) != 1 || !strings.HasSuffix(names[0], ".png") {
		t.Errorf("the zip: %v", names)
	}
	if err := os.RemoveAll(filepath.Join(s.Folder, "output of two")); err != nil {
		t.Fatal(err)
	}
	if status, said := user.fetch(s.url + "/results/" + j.Id + "/0"); status != http.StatusGone || !strings.Contains(string(said), "has had") {
		t.Errorf("of a folder that is gone: %d %s", status, said)
	}
}

func pathsOf(j *pb.Job) []string {
	return []string{"/results/" + j.Id + "/0", "/images/" + j.ResultFilename, "/thumbnails/" + j.ResultFilename}
}

// Results of a ComfyUI elsewhere went with it, and that is said.
func TestResultsOfARemoteWorkerThatLeftTheConfiguration(t *testing.T) {
	t.Parallel()
	there := newSite(t).start()
	s := newFleet(t, nil)
	list, _ := s.Config["workers"].([]any)
	list[1].(map[string]any)["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": there.ComfyPort}
	s.start()
	user := s.signIn()
	user.untilAllReady()
	j := user.untilEnded(user.book(on("two", nextFree("a fox"))).Id)
	if status, _ := user.fetch(s.url + "/results/" + j.Id + "/0"); status != http.StatusOK {
		t.Fatalf("while it is there: %d of %v", status, j)
	}
	s.keepOnly("one")
	user = s.again(user)
	status, said := user.fetch(s.url + "/results/" + j.Id + "/0")
	if status != http.StatusNotFound {
		t.Errorf("it says %d", status)
	}
	if !strings.Contains(string(said), `worker \"two\"`) || !strings.Contains(string(said), "on another machine") {
		t.Errorf("it says %d %s", status, said)
	}
}
