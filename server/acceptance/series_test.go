//go:build linux

package acceptance_test

import (
	"slices"
	"strings"
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
	told, err := other.GetSeries(t.Context(), &pb.GetSeriesRequest{SeriesId: strings.ToUpper(booked.SeriesId)})
	if of := told.GetSeries(); err != nil || of.JobCount != 4 || of.ScheduledCount != 4 || of.FirstJob.GetId() != booked.Jobs[0].Id ||
		of.TimeSlot.EndMs != booked.Jobs[3].TimeSlot.EndMs || told.Users[0].UserId != booked.Jobs[0].UserId {
		t.Errorf("told: %v (%v)", told, err)
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

// TestSeriesAreListed holds that series come page by page, the latest first, and those of one user alone; and that what is private
// stays so.
func TestSeriesAreListed(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.Config["access"] = map[string]any{"private_jobs": true}
	s := site.start()
	user, other := s.signIn(), s.signIn()
	book := func(of *client, prompt string) string {
		t.Helper()
		booked, err := of.BookSeries(t.Context(), &pb.BookSeriesRequest{
			Start:  &pb.BookSeriesRequest_EarliestStartMs{EarliestStartMs: now() + 600_000},
			Inputs: servicetest.Prompt(prompt),
			Count:  2,
		})
		if err != nil {
			t.Fatal(err)
		}
		return booked.SeriesId
	}
	first, theirs, last := book(user, "a fox"), book(other, "a secret"), book(user, "a hare")
	user.book(nextFree("no series"))
	var found []string
	request := &pb.ListSeriesRequest{PageSize: 1}
	for {
		answer, err := user.ListSeries(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range answer.Series {
			found = append(found, of.Id)
			if hidden := of.Id == theirs; of.JobCount != 2 || of.FirstJob.Hidden != hidden || (of.FirstJob.Prompt == "") != hidden {
				t.Errorf("listed: %v", of)
			}
		}
		if request.PageToken = answer.NextPageToken; request.PageToken == "" {
			break
		}
	}
	if !slices.Equal(found, []string{last, theirs, first}) {
		t.Errorf("found %v, booked %s, %s and %s", found, first, theirs, last)
	}
	them, err := other.Identity.GetMe(t.Context(), &pb.GetMeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := user.ListSeries(t.Context(), &pb.ListSeriesRequest{UserId: them.User.Id})
	if err != nil || len(own.Series) != 1 || own.Series[0].Id != theirs || len(own.Users) != 1 {
		t.Errorf("of one user: %v (%v)", own, err)
	}
	ending, err := user.ListSeries(t.Context(), &pb.ListSeriesRequest{IdSuffix: first[28:]})
	if err != nil || len(ending.Series) != 1 || ending.Series[0].Id != first {
		t.Errorf("by the end of its id: %v (%v)", ending, err)
	}
	_, err = user.GetSeries(t.Context(), &pb.GetSeriesRequest{SeriesId: uuid.NewString()})
	if connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("none: %v", err)
	}
	_, err = user.ListSeries(t.Context(), &pb.ListSeriesRequest{UserName: "nobody"})
	if connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("of nobody: %v", err)
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
