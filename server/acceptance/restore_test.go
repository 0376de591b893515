//go:build linux

package acceptance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// again is the same user at another service, or at the same one after a restart.
func (c *client) again(s *site) *client {
	other := s.visitor()
	other.Token, other.User = c.Token, c.User
	return other
}

func (s *site) backup() (file string) {
	s.t.Helper()
	file = filepath.Join(s.t.TempDir(), "bookings.backup")
	if said, code := s.run("backup", file); code != 0 {
		s.t.Fatalf("backup: %d %s", code, said)
	}
	return file
}

func (s *site) restore(backup string) *site {
	s.t.Helper()
	s.writeConfig()
	if said, code := s.run("restore", backup); code != 0 {
		s.t.Fatalf("restore: %d %s", code, said)
	}
	return s
}

// runsOf are the prompts that the simulated ComfyUI has started, in order.
func runsOf(t *testing.T, runLog string) (prompts []string) {
	t.Helper()
	data, err := os.ReadFile(runLog)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var entry struct {
			Event  string
			Prompt string `json:"prompt_id"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Event == "start" {
			prompts = append(prompts, entry.Prompt)
		}
	}
	return prompts
}

// runNow moves a job to the next free slot and waits until it has run.
func (c *client) runNow(id string) {
	c.t.Helper()
	_, err := c.MoveJob(c.t.Context(), &pb.MoveJobRequest{
		JobId:   id,
		Version: c.job(id).Version,
		Start:   &pb.MoveJobRequest_EarliestStartMs{},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if done := c.untilEnded(id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Attempt != 1 {
		c.t.Errorf("job: %v", done)
	}
}

func wantLost(t *testing.T, j *pb.Job) {
	t.Helper()
	if j.Status != pb.JobStatus_JOB_STATUS_FAILED || j.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_LOST ||
		!strings.Contains(j.Error.GetMessage(), "it may have run already") {
		t.Errorf("job: %v", j)
	}
}

// Whoever tries a backup, or a copy of the data folder, beside the running service leaves that one's ComfyUI and job alone.
func TestRestoredBesideTheRunningService(t *testing.T) {
	alone(t)
	t.Parallel()
	original := newSite(t).start()
	user := original.signIn()
	running := user.book(nextFree("slow [[slow=4s]]"))
	later := user.book(exactly(now()+600_000, "later"))
	user.until(running.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	comfy := original.ComfyPIDs()
	backup := original.backup()

	for name, elsewhere := range map[string]func() *site{
		"restored": func() *site { return newSite(t).restore(backup) },
		"copied": func() *site {
			s := newSite(t)
			if err := os.CopyFS(filepath.Join(s.Folder, "data"), os.DirFS(filepath.Join(original.Folder, "data"))); err != nil {
				t.Fatal(err)
			}
			return s
		},
	} {
		s := elsewhere().start()
		visitor := user.again(s)
		wantLost(t, visitor.job(running.Id))
		if j := visitor.job(later.Id); j.Status != pb.JobStatus_JOB_STATUS_SCHEDULED || j.TimeSlot.StartMs != later.TimeSlot.StartMs {
			t.Errorf("%s: the job to come: %v", name, j)
		}
		wantAll(t, s.log.String(), "these bookings were restored or copied")
		s.signal(syscall.SIGTERM)
		s.waitForEnd()
	}

	samePort := newSite(t).with("comfy_ui.api_port", original.ComfyPort).restore(backup)
	wantAll(t, samePort.fails(), fmt.Sprintf("port %d (comfy_ui.api_port) is taken by the ComfyUI (pid %d) of another service",
		original.ComfyPort, comfy[0]))

	if pids := original.ComfyPIDs(); !slices.Equal(pids, comfy) {
		t.Errorf("the original's ComfyUI was %v, is %v", comfy, pids)
	}
	if done := user.untilEnded(running.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Attempt != 1 {
		t.Errorf("the original's job: %v", done)
	}
}

// After a restore in place nothing that ran since the backup runs again: what has left its picture is completed, what has not
// is put aside. What is to come runs, under a prompt id of its own.
func TestRestoreRunsNothingTwice(t *testing.T) {
	alone(t)
	t.Parallel()
	runLog := filepath.Join(t.TempDir(), "runs.jsonl")
	s := newSite(t, "--run-log", runLog).start()
	user := s.signIn()
	kept := user.book(exactly(now()+2000, "its picture is there"))
	gone := user.book(&pb.BookJobRequest{
		Start:  &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: kept.TimeSlot.StartMs},
		Inputs: servicetest.Prompt("its picture is gone"),
	})
	toCome := user.book(exactly(now()+600_000, "to come"))
	backup := s.backup()
	user.untilEnded(kept.Id)
	if err := os.Remove(filepath.Join(s.Folder, "data", "simulated", "output", user.untilEnded(gone.Id).ResultFilename)); err != nil {
		t.Fatal(err)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()

	s.restore(backup).start()
	user = user.again(s)
	if j := user.job(kept.Id); j.Status != pb.JobStatus_JOB_STATUS_COMPLETED || j.ResultFilename == "" {
		t.Errorf("its picture is there: %v", j)
	}
	wantLost(t, user.job(gone.Id))
	// A second restore has the same job run a second time, by the wish of whoever moves it.
	backup = s.backup()
	user.runNow(toCome.Id)
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.restore(backup).start()
	user.again(s).runNow(toCome.Id)

	runs := runsOf(t, runLog)
	slices.Sort(runs)
	if once := slices.Compact(slices.Clone(runs)); len(once) != len(runs) || slices.Contains(runs, toCome.Id) {
		t.Errorf("prompts: %v; the job to come is %s", runs, toCome.Id)
	}
}

// A job whose worker was named when the backup was made may have been moved to another since, by its owner: what it left there counts.
func TestRestoreFindsWhatRanOnAnotherWorker(t *testing.T) {
	t.Parallel()
	s := newFleet(t, nil).start()
	user := s.signIn()
	user.untilAllReady()
	j := user.book(on("one", exactly(now()+4000, "a fox that moves")))
	backup := s.backup()
	if _, err := user.MoveJob(t.Context(), &pb.MoveJobRequest{
		JobId:    j.Id,
		Version:  j.Version,
		Start:    &pb.MoveJobRequest_EarliestStartMs{},
		WorkerId: "two",
	}); err != nil {
		t.Fatal(err)
	}
	ran := user.untilEnded(j.Id)
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	time.Sleep(time.Until(time.UnixMilli(j.TimeSlot.StartMs))) // by the backup it has begun on the first worker

	s.restore(backup).start()
	got := user.again(s).job(j.Id)
	if got.Status != pb.JobStatus_JOB_STATUS_COMPLETED || got.WorkerId != "two" || got.ResultFilename != ran.ResultFilename {
		t.Errorf("it ran as %v, is %v", ran, got)
	}
}
