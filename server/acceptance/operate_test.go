//go:build linux

package acceptance_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// run runs a command of the program on the site's configuration.
func (s *site) run(args ...string) (said string, code int) {
	s.t.Helper()
	command := s.Command(args...)
	out, err := command.CombinedOutput()
	if command.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

func TestBackupOfARunningServiceIsRestored(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	kept := user.book(exactly(now()+600_000, "kept"))
	backup := filepath.Join(t.TempDir(), "bookings.backup")
	if said, code := s.run("backup", backup); code != 0 || !strings.Contains(said, backup) {
		t.Fatalf("%d %s", code, said)
	}
	if said, code := s.run("backup", backup); code != 1 || !strings.Contains(said, "exists already") {
		t.Errorf("over a file: %d %s", code, said)
	}
	if said, code := s.run("restore", backup); code != 1 || !strings.Contains(said, "another service works with the data folder") {
		t.Errorf("under a running service: %d %s", code, said)
	}
	later := user.book(exactly(now()+700_000, "after the backup"))
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if said, code := s.run("restore", s.ConfigFile()); code != 1 || !strings.Contains(said, "not a store of bookings") {
		t.Errorf("of another file: %d %s", code, said)
	}
	said, code := s.run("restore", backup)
	if code != 0 || !strings.Contains(said, "before-restore") {
		t.Fatalf("%d %s", code, said)
	}
	s.start()
	token := user.Token
	user = s.visitor()
	user.Token = token
	if j := user.job(kept.Id); j.Prompt != "kept" {
		t.Errorf("restored: %v", j)
	}
	if _, err := user.GetJob(t.Context(), &pb.GetJobRequest{JobId: later.Id}); err == nil {
		t.Error("the job booked after the backup is there")
	}
	aside := said[strings.LastIndex(said, " ")+1:]
	if data, err := os.ReadFile(strings.TrimSpace(aside)); err != nil || !bytes.Contains(data, []byte("after the backup")) {
		t.Errorf("put aside: %v", err)
	}
}

func TestNumbersForOperators(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	fox := user.untilEnded(user.book(nextFree("a fox")).Id)
	user.book(exactly(now()+600_000, "later"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := user.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	for _, pid := range s.ComfyPIDs() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	restarting := func(u *pb.StatusUpdate) bool {
		first := u.GetSystem().GetWorkers()
		return len(first) > 0 && first[0].Status == pb.WorkerStatus_WORKER_STATUS_RESTARTING
	}
	for stream.Receive() && !slices.ContainsFunc(stream.Msg().Statuses, restarting) {
	}
	if err := stream.Err(); err != nil {
		t.Fatal("nobody is told that ComfyUI is down: ", err)
	}
	response, body := s.get("/metrics")
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	for _, want := range []string{
		`comfyscheduler_jobs{status="scheduled"} 1`, `comfyscheduler_jobs{status="processing"} 0`,
		`comfyscheduler_jobs_ended_total{status="completed"} 1`,
		"comfyscheduler_start_lateness_seconds_count 1", "comfyscheduler_generation_to_estimate_ratio_count 1",
		`comfyscheduler_comfyui_restarts_total{worker="gpu"} 1`, `comfyscheduler_worker_ready{worker="gpu"} 0`,
		"comfyscheduler_watchers 1", "comfyscheduler_store_update_seconds_count",
	} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("does not say %s", want)
		}
	}
	for _, want := range []string{`msg="job started" worker=gpu job=` + fox.Id, `msg="job ended" worker=gpu job=` + fox.Id} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("the log does not say %s", want)
		}
	}
}

func TestCheckConfig(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.writeConfig()
	if said, code := s.run("check-config"); code != 0 || !strings.Contains(said, "is good") {
		t.Errorf("%d %s", code, said)
	}
	s.with("server.prot", 1).writeConfig()
	if said, code := s.run("check-config"); code != 1 || !strings.Contains(said, `did you mean "port"?`) {
		t.Errorf("%d %s", code, said)
	}
	if entries, err := os.ReadDir(s.Folder); err != nil || len(entries) != 1 {
		t.Errorf("it touched something: %v (%v)", entries, err)
	}
}
