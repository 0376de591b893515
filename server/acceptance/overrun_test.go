//go:build linux

package acceptance_test

import (
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// A run that goes on far beyond its slot is ended while somebody else's slot is due, if nothing else is configured, and is left to
// run where it is configured so.
func TestRunThatDoesNotEndStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	for configured, want := range map[string]pb.JobStatus{
		"":      pb.JobStatus_JOB_STATUS_FAILED,
		"due":   pb.JobStatus_JOB_STATUS_FAILED,
		"never": pb.JobStatus_JOB_STATUS_COMPLETED,
	} {
		t.Run("overrun_limit "+configured, func(t *testing.T) {
			t.Parallel()
			s := newSite(t).with("scheduler.overrun_factor", 2).with("scheduler.overrun_min", "100ms")
			if configured != "" {
				s.with("scheduler.overrun_limit", configured)
			}
			s.start()
			first, second := s.signIn(), s.signIn()
			running := first.book(nextFree("without end [[slow=5s]]")) // which no estimate can know
			waiting := second.book(nextFree("due before long"))
			ended := first.untilEnded(running.Id)
			message := ended.GetError().GetMessage()
			if ended.Status != want || strings.Contains(message, "scheduler.overrun_limit") != (want == pb.JobStatus_JOB_STATUS_FAILED) {
				t.Errorf("%v: %q", ended.Status, message)
			}
			if done := second.untilEnded(waiting.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Errorf("who waited: %v", done)
			}
		})
	}
}
