package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func TestEveryReasonHasACode(t *testing.T) {
	for _, reason := range fault.Reasons() {
		if codes[fault.New(reason, "").Kind()] == 0 {
			t.Errorf("reason %q has no code", reason)
		}
	}
}

// sent is the detail of an error as it goes over the wire, the only one.
func sent(t *testing.T, err error) *pb.ErrorInfo {
	t.Helper()
	var e *connect.Error
	if !errors.As(translate(t.Context(), slog.New(slog.DiscardHandler), "", err), &e) || len(e.Details()) != 1 {
		t.Fatalf("%v is not sent with one detail", err)
	}
	value, err := e.Details()[0].Value()
	if err != nil {
		t.Fatal(err)
	}
	info, is := value.(*pb.ErrorInfo)
	if !is || info.Reason == pb.ErrorReason_ERROR_REASON_UNSPECIFIED {
		t.Fatalf("the detail is %v", value)
	}
	return info
}

func TestFaultsAreSentWithTheirDetails(t *testing.T) {
	taken := fault.Taken(fault.SlotConflict{
		JobID:          "j",
		UserName:       "Ada",
		Slot:           schedule.Slot{Start: 1, End: 2},
		NextFree:       3,
		NextFreeWorker: "gpu",
	})
	info := sent(t, fmt.Errorf("on the way: %w", taken))
	conflict := info.GetSlotConflict()
	if conflict.GetJob().GetJobId() != "j" || conflict.GetNextFreeStartMs() != 3 || conflict.GetNextFreeWorkerId() != "gpu" ||
		conflict.GetTimeSlot().GetEndMs() != 2 || info.Metadata["job_id"] != "j" || info.Reason != pb.ErrorReason_ERROR_REASON_SLOT_TAKEN {
		t.Errorf("a conflict: %v", info)
	}
	paused := sent(t, fault.Taken(fault.SlotConflict{UserName: "Ada", Pause: true, PauseReason: "expo"}))
	if paused.GetSlotConflict().GetPause().GetReason() != "expo" || len(paused.Metadata) != 0 {
		t.Errorf("a pause: %v", paused)
	}
	var wrong fault.Fields
	wrong.Add("inputs", "width", "is too small")
	wrong.Add("page_token", "", "is wrong")
	info = sent(t, wrong.Err())
	if len(info.Fields) != 2 || info.Fields[0].Field != `inputs["width"]` || info.Fields[0].Rule != "input" ||
		info.Fields[1].Message != "is wrong" || info.Reason != pb.ErrorReason_ERROR_REASON_INVALID_FIELDS {
		t.Errorf("fields: %v", info)
	}
}

func TestEveryErrorSaysItsReason(t *testing.T) {
	for want, err := range map[pb.ErrorReason]error{
		pb.ErrorReason_ERROR_REASON_INTERNAL:          errors.New("a secret"),
		pb.ErrorReason_ERROR_REASON_CANCELLED:         context.Canceled,
		pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED: context.DeadlineExceeded,
		pb.ErrorReason_ERROR_REASON_MALFORMED:         connect.NewError(connect.CodeInvalidArgument, errors.New("no JSON")),
		pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD:    connect.NewError(connect.CodeUnimplemented, errors.New("no such call")),
	} {
		if got := sent(t, err); got.Reason != want {
			t.Errorf("%v has the reason %v", err, got.Reason)
		}
	}
}

func TestBrokenRulesNameTheirFields(t *testing.T) {
	rules, err := newRules()
	if err != nil {
		t.Fatal(err)
	}
	for want, request := range map[string]proto.Message{
		"start":             &pb.BookJobRequest{},
		"earliest_start_ms": &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: 1 << 60}},
		`inputs["a"].text`:  bookingWith("a", &pb.InputValue{Value: &pb.InputValue_Text{Text: "a\x00b"}}),
		`inputs["a"].value`: bookingWith("a", &pb.InputValue{}),
		"window":            &pb.ListJobsRequest{Window: &pb.TimeSlot{StartMs: 2, EndMs: 1}},
		"name":              &pb.UpdateMeRequest{Name: " Ada"},
		"id_suffix":         &pb.ListJobsRequest{IdSuffix: "xyz"},
		"worker_id":         &pb.GetWorkerRequest{},
	} {
		info := sent(t, rules.check(request))
		if len(info.Fields) != 1 || info.Fields[0].Field != want || info.Fields[0].Rule == "" || info.Fields[0].Message == "" {
			t.Errorf("%s: got %v", want, info)
		}
	}
	if err := rules.check(bookingWith("a", &pb.InputValue{Value: &pb.InputValue_Text{Text: "two\r\nlines"}})); err != nil {
		t.Error(err)
	}
}

func bookingWith(name string, value *pb.InputValue) *pb.BookJobRequest {
	return &pb.BookJobRequest{Start: &pb.BookJobRequest_StartMs{StartMs: 1}, Inputs: map[string]*pb.InputValue{name: value}}
}
