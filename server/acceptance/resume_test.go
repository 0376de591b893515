//go:build linux

package acceptance_test

import (
	"syscall"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// first is the first response of a stream that goes on after a revision.
func (c *client) first(after *pb.Revision) *pb.WatchStateResponse {
	c.t.Helper()
	stream, err := c.WatchState(c.t.Context(), &pb.WatchStateRequest{ResumeAfter: after})
	if err != nil || !stream.Receive() {
		c.t.Fatalf("no stream: %v, %v", err, stream.Err())
	}
	defer func() { _ = stream.Close() }()
	return stream.Msg()
}

// Who comes back after the service was killed, or stopped, gets what changed meanwhile and nothing else; a restored backup
// is another history.
func TestWatcherResumesAfterARestart(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	kept := user.book(exactly(now()+600_000, "stays as it is"))
	changed := user.book(exactly(now()+700_000, "is cancelled"))
	left := user.first(nil).Snapshot.GetRevision()
	if left.GetNumber() == 0 {
		t.Fatal("no snapshot")
	}
	backup := s.backup()
	if _, err := user.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: changed.Id}); err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func(){
		"killed":  s.crash,
		"stopped": func() { s.signal(syscall.SIGTERM); s.waitForEnd() },
	} {
		end()
		user = user.again(s.start())
		m := user.first(left)
		if m.Snapshot != nil || len(m.Deltas) == 0 || len(m.Statuses) == 0 || !m.Statuses[0].Complete {
			t.Fatalf("%s: %v", name, m)
		}
		last := left.Number
		told := map[string]*pb.Job{}
		for _, d := range m.Deltas {
			if d.Revision.Epoch != left.Epoch || d.Revision.Number < last {
				t.Errorf("%s: %v after %d", name, d.Revision, last)
			}
			last = d.Revision.Number
			for _, j := range d.Jobs {
				told[j.Id] = j
			}
		}
		if told[changed.Id].GetStatus() != pb.JobStatus_JOB_STATUS_CANCELLED || told[kept.Id] != nil || last == left.Number {
			t.Errorf("%s: up to %d, after %d: %v", name, last, left.Number, told)
		}
		state, err := user.GetState(t.Context(), &pb.GetStateRequest{})
		if err != nil || state.Snapshot.Revision.Epoch != left.Epoch || state.Snapshot.Revision.Number < last {
			t.Errorf("%s: the state is at %v, told up to %d (%v)", name, state.GetSnapshot().GetRevision(), last, err)
		}
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	user = user.again(s.restore(backup).start())
	if m := user.first(left); m.Snapshot == nil || m.Snapshot.Revision.Epoch == left.Epoch {
		t.Errorf("after the backup was restored: %v", m)
	}
}
