//go:build linux

package acceptance_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// started are the arguments and the environment of a worker's ComfyUI, as the system has them.
func (s *site) started(worker string) (pid int, with []string) {
	s.t.Helper()
	pids := s.ComfyPIDsOf(worker)
	if len(pids) != 1 {
		s.t.Fatalf("%s runs as %v", worker, pids)
	}
	for _, file := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pids[0], file))
		if err != nil {
			s.t.Fatal(err)
		}
		for part := range bytes.SplitSeq(text, []byte{0}) {
			with = append(with, string(part))
		}
	}
	return pids[0], with
}

// TestAComfyUIOfAnOlderConfigurationIsStartedAgainAfterItsJob: the service was killed, and its configuration is another one when it
// comes back. What ran goes on to its end, nothing else is begun with what the configuration does not say any more, and others go on.
func TestAComfyUIOfAnOlderConfigurationIsStartedAgainAfterItsJob(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(worker map[string]any)
		new    string
	}{
		"environment": {
			func(w map[string]any) { w["environment"] = map[string]any{"CUDA_VISIBLE_DEVICES": "1"} },
			"CUDA_VISIBLE_DEVICES=1",
		},
		"arguments": {
			func(w map[string]any) {
				comfy := w["comfy_ui"].(map[string]any)
				comfy["extra_args"] = append(slices.Clone(comfy["extra_args"].([]string)), "--misbehave-seed", "77")
			},
			"77",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := t.TempDir()
			s := newFleet(t, map[string][]string{"one": {"--run-log", filepath.Join(records, "one")}})
			list, _ := s.Config["workers"].([]any)
			one := list[0].(map[string]any)
			one["environment"] = map[string]any{"CUDA_VISIBLE_DEVICES": "0"}
			s.start()
			user := s.signIn()
			user.untilAllReady()
			before, _ := s.started("one")
			others := map[string]int{}
			for _, worker := range []string{"two", "three"} {
				others[worker], _ = s.started(worker)
			}
			running := user.book(on("one", nextFree("a fox [[slow=1500ms]]")))
			user.until(running.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
			next := user.book(on("one", nextFree("a fox after it")))
			s.crash()
			tc.change(one)
			s.start()
			user = s.again(user)
			admin := s.administrator()
			admin.untilWorkers("the administrator is told", func(_ *pb.SystemState, workers map[string]*pb.Worker) bool {
				return workers["one"].GetStatus() == restarting &&
					strings.Contains(workers["one"].GetReason(), "from before the configuration was changed")
			})
			if j := user.untilEnded(running.Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.Attempt != 1 {
				t.Errorf("what ran: %v", j)
			}
			if j := user.untilEnded(next.Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.Attempt != 1 {
				t.Errorf("what comes after it: %v", j)
			}
			user.untilAllReady()
			after, with := s.started("one")
			if after == before || !slices.Contains(with, tc.new) {
				t.Errorf("it runs as %d, before the change %d, with %q", after, before, with)
			}
			for worker, had := range others {
				if has, _ := s.started(worker); has != had {
					t.Errorf("%s was started again", worker)
				}
			}
			for id, process := range map[string]int{running.Id: before, next.Id: after} {
				if n := begun(t, records, id); n != 1 {
					t.Errorf("job %s was begun %d times", id, n)
				}
				text, err := os.ReadFile(filepath.Join(records, "one"))
				if err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(string(text)) {
					if strings.Contains(line, id) && !strings.Contains(line, fmt.Sprintf(`"pid":%d,`, process)) {
						t.Errorf("it did not run in process %d: %s", process, line)
					}
				}
			}
		})
	}
}
