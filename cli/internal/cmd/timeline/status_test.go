package timeline_test

import (
	"context"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// run tells the status of a service with more scheduled jobs than a snapshot holds.
func run(t *testing.T, width int, workers ...*pb.Worker) string {
	t.Helper()
	now := servertest.Now.UnixMilli()
	snapshot := &pb.StateSnapshot{
		ScheduledTotal:   4004,
		ScheduledUntilMs: now,
		Users:            []*pb.UserName{{UserId: "u", Name: "Ada"}},
		Jobs: []*pb.Job{
			{
				Id:       "01a20620-0a48-72b1-9629-c5af3f2a1b2c",
				UserId:   "u",
				Status:   pb.JobStatus_JOB_STATUS_SCHEDULED,
				TimeSlot: &pb.TimeSlot{StartMs: now},
			},
			{Id: "01a20620-0a48-72b1-9629-c5af3f2a1b2d", UserId: "u", Status: pb.JobStatus_JOB_STATUS_PROCESSING},
		},
	}
	status := &pb.StatusUpdate{
		Complete: true,
		System:   &pb.SystemState{Status: pb.SystemStatus_SYSTEM_STATUS_READY, Workers: workers},
		Workflows: []*pb.WorkflowSummary{
			{Id: "klein", Bookable: true, Estimates: []*pb.WorkflowEstimate{{WorkerId: "gpu", SlotDurationMs: 5000}}},
			{Id: "sound", Estimates: []*pb.WorkflowEstimate{{WorkerId: "gpu", SlotDurationMs: 9000}}},
		},
	}
	f, term := servertest.With(t, &servertest.Scheduler{
		State: func(context.Context, *pb.GetStateRequest) (*pb.GetStateResponse, error) {
			return &pb.GetStateResponse{Snapshot: snapshot, Status: status}, nil
		},
		Day: func(context.Context, *pb.GetDayStatsRequest) (*pb.GetDayStatsResponse, error) {
			return &pb.GetDayStatsResponse{}, nil
		},
	})
	term.SetTTY(width, false)
	f.Args = []string{"status"}
	if code := root.Run(t.Context(), f); code != exitcode.OK {
		t.Fatalf("exit code %d: %s", code, term.Err)
	}
	return term.Out.String()
}

func paused(id string) *pb.Worker {
	ms := servertest.Now.UnixMilli()
	return &pb.Worker{
		Id: id,
		Pause: &pb.Pause{
			TimeSlot: &pb.TimeSlot{StartMs: ms, EndMs: ms + 3_600_000},
			Reason:   "driver update of " + id,
			UserName: "Ada",
		},
	}
}

func pauseRows(id string) string {
	return "pause_worker\t" + id + "\npause_start\t2026-11-23T12:00:00.000Z\npause_end\t2026-11-23T13:00:00.000Z\n" +
		"pause_reason\tdriver update of " + id + "\n"
}

// A program reads how many jobs there are, not how many were told, and whether a worker has a pause.
func TestRowsAreTheWholeTruth(t *testing.T) {
	for name, c := range map[string]struct {
		workers []*pb.Worker
		want    string
	}{
		"no pause":   {[]*pb.Worker{{Id: "gpu"}}, "pause_worker\t\npause_start\t\npause_end\t\npause_reason\t\n"},
		"pause":      {[]*pb.Worker{{Id: "cpu"}, paused("gpu")}, pauseRows("gpu")},
		"two pauses": {[]*pb.Worker{paused("cpu"), paused("gpu")}, pauseRows("cpu") + pauseRows("gpu")},
	} {
		got := run(t, 0, c.workers...)
		if !strings.HasSuffix(got, c.want) || !strings.Contains(got, "\nrunning\t1\nscheduled_total\t4004\n") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestPeopleReadTheSame(t *testing.T) {
	got := run(t, 80, paused("gpu"))
	for _, part := range []string{
		"1 running, 4004 scheduled\n", "3f2a1b2c by Ada at 2026-11-23 12:00:00 UTC\n", "by Ada: driver update of gpu\n",
		", klein takes 5 s\n", "workflows: 2, of which 1 can be booked; 'comfysched workflow list' lists them\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is missing:\n%s", part, got)
		}
	}
}
