//go:build linux

package acceptance_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// TestASeriesIsOneStep holds that a series is quoted, booked, found and taken back as one, and booked once.
func TestASeriesIsOneStep(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user, other := s.signIn(), s.signIn()
	request := &pb.BookSeriesRequest{
		RequestId:    uuid.NewString(),
		Start:        &pb.BookSeriesRequest_StartMs{StartMs: now() + 600_000},
		Items:        []*pb.SeriesItem{{Inputs: servicetest.Prompt("a fox")}, {Inputs: servicetest.Prompt("a hare")}},
		Count:        2,
		WorkerId:     lane,
		ValidateOnly: true,
	}
	quoted, err := user.BookSeries(t.Context(), request)
	if err != nil || len(quoted.Quotes) != 4 || len(quoted.Problems) != 0 || quoted.GpuTime.GetOpenMs() == 0 || quoted.SeriesId != "" {
		t.Fatalf("quoted %v (%v)", quoted, err)
	}
	request.ValidateOnly = false
	booked, err := user.BookSeries(t.Context(), request)
	if err != nil || len(booked.Jobs) != 4 {
		t.Fatalf("booked %v (%v)", booked, err)
	}
	for i, j := range booked.Jobs {
		if j.SeriesId != booked.SeriesId || j.SeriesIndex != int32(i+1) || j.TimeSlot.StartMs != quoted.Quotes[i].TimeSlot.StartMs {
			t.Errorf("job %d: %v, quoted %v", i, j, quoted.Quotes[i])
		}
	}
	again, err := user.BookSeries(t.Context(), request)
	if err != nil || again.SeriesId != booked.SeriesId || again.Jobs[3].Id != booked.Jobs[3].Id {
		t.Errorf("again: %v (%v)", again, err)
	}
	list, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{SeriesId: booked.SeriesId})
	if err != nil || len(list.Jobs) != 4 {
		t.Errorf("listed: %v (%v)", list, err)
	}
	taken := &pb.BookSeriesRequest{
		Start:    &pb.BookSeriesRequest_StartMs{StartMs: booked.Jobs[0].TimeSlot.StartMs},
		Inputs:   servicetest.Prompt("a crow"),
		Count:    3,
		WorkerId: lane,
	}
	_, err = other.BookSeries(t.Context(), taken)
	conflict := infoOf(err).GetSlotConflict()
	if conflict.GetNextFreeStartMs() != booked.Jobs[3].TimeSlot.EndMs+1 {
		t.Errorf("a conflict that offers the end of the series: %v", err)
	}
	taken.Axes = []*pb.SeriesAxis{{InputName: "width", Values: []*pb.InputValue{servicetest.Text("wide")}}}
	_, err = other.BookSeries(t.Context(), taken)
	if fields := infoOf(err).GetFields(); len(fields) != 1 || fields[0].Field != "axes[0].values[0]" {
		t.Errorf("a bad value: %v", err)
	}
	_, err = other.CancelSeries(t.Context(), &pb.CancelSeriesRequest{SeriesId: booked.SeriesId})
	if connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("cancelled by another user: %v", err)
	}
	cancelled, err := user.CancelSeries(t.Context(), &pb.CancelSeriesRequest{SeriesId: booked.SeriesId})
	if err != nil || len(cancelled.Jobs) != 4 || cancelled.Jobs[2].Status != pb.JobStatus_JOB_STATUS_CANCELLED {
		t.Errorf("cancelled: %v (%v)", cancelled, err)
	}
}

// TestLimitsInGPUTime holds that the figures of the configuration are told, shown before they refuse, and refuse.
func TestLimitsInGPUTime(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.Config["limits"] = map[string]any{"max_slot": "10m", "open_minutes": 1, "minutes_per_day": 600}
	s := site.start()
	user := s.signIn()
	state, err := user.GetState(t.Context(), &pb.GetStateRequest{})
	limits := state.GetStatus().GetSystem().GetLimits()
	if err != nil || limits.GetMaxSlotMs() != 600_000 || limits.GetOpenMs() != 60_000 || limits.GetDayMs() != 36_000_000 {
		t.Errorf("told: %v (%v)", limits, err)
	}
	one := user.book(nextFree("a fox"))
	check := &pb.CheckBookingRequest{Start: &pb.CheckBookingRequest_EarliestStartMs{}, Inputs: servicetest.Prompt("a fox"), WorkerId: lane}
	checked, err := user.CheckBooking(t.Context(), check)
	if err != nil || checked.GpuTime.GetOpenMs() < checked.SlotDurationMs || checked.GpuTime.GetDayMs() < one.DurationMs {
		t.Errorf("shown: %v (%v)", checked, err)
	}
	series := &pb.BookSeriesRequest{
		Start:    &pb.BookSeriesRequest_EarliestStartMs{EarliestStartMs: now() + 600_000},
		Inputs:   servicetest.Prompt("a fox"),
		Count:    100,
		WorkerId: lane,
	}
	for range 4 { // a hundred take half a minute or more
		if _, err = user.BookSeries(t.Context(), series); err != nil {
			break
		}
	}
	if info := infoOf(err); info.GetReason() != pb.ErrorReason_ERROR_REASON_TOO_MUCH_GPU_TIME || info.Metadata["limit"] != "open_minutes" ||
		connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("refused: %v", err)
	}
}
