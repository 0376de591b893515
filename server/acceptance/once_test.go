//go:build linux

package acceptance_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// successes counts the runs that a ComfyUI has written into its run log as gone well.
func successes(t *testing.T, runLog, promptID string) (n int) {
	t.Helper()
	text, err := os.ReadFile(runLog)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, promptID) && strings.Contains(line, "success") {
			n++
		}
	}
	return n
}

// again is the same user at the service that was started anew.
func (s *site) again(user *client) *client {
	s.t.Helper()
	token := user.Token
	user = s.visitor()
	user.Token = token
	return user
}

// ranOnce holds a job against what its ComfyUI ran.
func (s *site) ranOnce(user *client, j *pb.Job, runLog string) {
	s.t.Helper()
	if done := user.untilEnded(j.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Attempt != 1 || len(done.Results) == 0 {
		s.t.Errorf("job: %v", done)
	}
	if n := successes(s.t, runLog, j.Id); n != 1 {
		s.t.Errorf("it ran %d times", n)
	}
}

// The run ends while the disk is full, the operator stops the service, makes room and starts it again.
func TestOutcomeThatTheDiskDidNotTakeSurvivesAStop(t *testing.T) {
	t.Parallel()
	runLog := filepath.Join(t.TempDir(), "runs")
	s := newSite(t, "--run-log", runLog).with("comfy_ui.output_dir", t.TempDir())
	dir := s.smallDisk()
	s.start()
	user := s.signIn()
	j := user.book(nextFree("[[slow=500ms]]"))
	user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	filler := filepath.Join(dir, "filler")
	fill(t, filler)
	for i := int64(0); i < 1000; i++ { // the log of the bookings may have room for some
		if _, err := user.BookJob(t.Context(), exactly(now()+1200_000+i*60_000, strings.Repeat("long ", 1000))); err != nil {
			break
		}
	}
	s.says("cannot write the outcome of a job")
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.says("ComfyUI is left running")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.ranOnce(s.again(user), j, runLog)
}

// A stop that comes while the run of a killed service is still looked for decides nothing.
func TestStopWhileBootingAfterAKillRunsNothingTwice(t *testing.T) {
	t.Parallel()
	runLog := filepath.Join(t.TempDir(), "runs")
	s := newSite(t, "--run-log", runLog).with("server.shutdown_grace", "100ms").start()
	user := s.signIn()
	j := user.book(nextFree("[[slow=500ms]]"))
	user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	s.crash()
	for deadline := time.Now().Add(patience); successes(t, runLog, j.Id) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the run does not end")
		}
	}
	comfy := s.ComfyPIDs()[0]
	if err := syscall.Kill(comfy, syscall.SIGSTOP); err != nil { // it answers no one
		t.Fatal(err)
	}
	s.launch()
	s.says("adopting the running job")
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	_ = syscall.Kill(comfy, syscall.SIGCONT) // the stop may have ended it
	s.start()
	s.ranOnce(s.again(user), j, runLog)
}

// A remote ComfyUI goes on with a run that does not hear the interrupt of a stop: nobody stops it there.
func TestDeafRunOfARemoteComfyUIIsNotRunTwice(t *testing.T) {
	t.Parallel()
	runLog := filepath.Join(t.TempDir(), "runs")
	there := newSite(t, "--run-log", runLog).start()
	s := newSite(t).with("server.shutdown_grace", "100ms")
	s.Config["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": there.ComfyPort}
	s.start()
	user := s.signIn()
	j := user.book(nextFree("[[deaf]] [[slow=5s]]")) // longer than a stop waits
	user.until(j.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.says("it is not known what became of the running job")
	s.start()
	s.ranOnce(s.again(user), j, runLog)
}
