//go:build linux

package acceptance_test

import (
	"testing"

	"connectrpc.com/connect"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// TestCheckSaysWhatABookingWouldGet holds that a check promises what the booking gets, and books nothing.
func TestCheckSaysWhatABookingWouldGet(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	start := now() + 600_000
	ask := func(start int64, inputs map[string]*pb.InputValue) *pb.CheckBookingResponse {
		t.Helper()
		answer, err := user.CheckBooking(t.Context(), &pb.CheckBookingRequest{
			Start:    &pb.CheckBookingRequest_StartMs{StartMs: start},
			Inputs:   inputs,
			WorkerId: lane,
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	free := ask(start, servicetest.Prompt("a fox"))
	if len(free.Problems) != 0 || free.WorkerId != "gpu" || free.TimeSlot.GetStartMs() != start || free.ExpectedMs == 0 {
		t.Fatalf("a free slot: %v", free)
	}
	booked := user.book(exactly(start, "a fox"))
	if !proto.Equal(booked.TimeSlot, free.TimeSlot) || booked.DurationMs != free.SlotDurationMs {
		t.Errorf("checked %v, booked %v", free, booked)
	}
	taken := ask(start, map[string]*pb.InputValue{"prompt": servicetest.Text(" "), "width": servicetest.Text("wide")})
	var reasons []pb.ErrorReason
	for _, problem := range taken.Problems {
		reasons = append(reasons, problem.Info.Reason)
	}
	if len(reasons) != 2 || reasons[0] != pb.ErrorReason_ERROR_REASON_INVALID_FIELDS || len(taken.Problems[0].Info.Fields) != 2 ||
		reasons[1] != pb.ErrorReason_ERROR_REASON_SLOT_TAKEN || taken.TimeSlot != nil {
		t.Errorf("taken, and with bad values: %v", taken)
	}
	form, err := user.Workflows.GetWorkflow(t.Context(), &pb.GetWorkflowRequest{})
	if err != nil || len(form.Workflow.Inputs) < 3 || form.Workflow.Summary.Version != booked.WorkflowVersion {
		t.Fatalf("the form: %v (%v)", form, err)
	}
	stale := nextFree("a fox")
	stale.WorkflowVersion = "of yesterday"
	_, err = user.BookJob(t.Context(), stale)
	if info := infoOf(err); info.GetReason() != pb.ErrorReason_ERROR_REASON_STALE_WORKFLOW ||
		info.Metadata["version"] != booked.WorkflowVersion {
		t.Errorf("a form that was changed: %v", err)
	}
	if list, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{}); err != nil || len(list.Jobs) != 1 {
		t.Errorf("%d jobs (%v)", len(list.GetJobs()), err)
	}
}

func TestChangesAreMadeOnceAndFreeSlotsComeInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user := s.signIn()
	start := now() + 600_000
	first := user.book(exactly(start, "first"))
	move := &pb.MoveJobRequest{
		JobId:     first.Id,
		Version:   first.Version,
		Start:     &pb.MoveJobRequest_StartMs{StartMs: start + 50_000},
		RequestId: uuid.NewString(),
	}
	var versions []int64
	for range 2 {
		moved, err := user.MoveJob(t.Context(), move)
		if err != nil || moved.Job.TimeSlot.StartMs != start+50_000 {
			t.Fatal(moved, err)
		}
		versions = append(versions, moved.Job.Version)
	}
	if versions[0] != versions[1] {
		t.Errorf("a repeated move leads from version %d to %d", versions[0], versions[1])
	}
	edited, err := user.UpdateJob(t.Context(), &pb.UpdateJobRequest{
		JobId:       first.Id,
		Version:     versions[0],
		Inputs:      map[string]*pb.InputValue{"width": servicetest.Integer(64)},
		ResetInputs: []string{"seed"},
	})
	if err != nil || edited.Job.GetSeed() == first.GetSeed() || edited.Job.Inputs["width"].GetInteger() != 64 || edited.Job.Prompt != "first" {
		t.Errorf("edited: %v (%v)", edited, err)
	}
	_, err = user.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: first.Id, Version: versions[0]})
	if connect.CodeOf(err) != connect.CodeAborted {
		t.Errorf("cancelled at an old version: %v", err)
	}
	found, err := user.ListJobs(t.Context(), &pb.ListJobsRequest{IdSuffix: first.Id[24:]})
	if err != nil || len(found.Jobs) != 1 || found.Jobs[0].Id != first.Id || found.Users[0].Name != user.User.Name {
		t.Errorf("by the end of its id: %v (%v)", found, err)
	}
	for i := range int64(5) {
		user.book(exactly(start+100_000+i*20_000, "one of many"))
	}
	starts := map[int64]bool{}
	last, pages := int64(0), 0
	for request := (&pb.ListFreeSlotsRequest{PageSize: 2, WorkerId: lane}); ; pages++ {
		list, err := user.ListFreeSlots(t.Context(), request)
		if err != nil || len(list.FreeSlots) > 2 {
			t.Fatal(list, err)
		}
		for _, free := range list.FreeSlots {
			if starts[free.StartMs] || free.StartMs < last || free.WorkerId != "gpu" || free.SlotDurationMs == 0 {
				t.Errorf("after %d comes %v", last, free)
			}
			starts[free.StartMs], last = true, free.StartMs
		}
		if request.PageToken = list.NextPageToken; request.PageToken == "" {
			break
		}
	}
	if len(starts) != 7 || pages != 3 {
		t.Errorf("%d free stretches on %d pages", len(starts), pages+1)
	}
}
