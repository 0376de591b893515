package rpc

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func TestEveryReasonHasACodeAndAWordInTheSchema(t *testing.T) {
	for _, reason := range fault.Reasons() {
		if reasonToProto(reason) == pb.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("the schema has no reason %q", reason)
		}
		if codes[fault.New(reason, "").Kind()] == 0 {
			t.Errorf("reason %q has no code", reason)
		}
	}
}

// details are those of an error as it goes over the wire.
func details(t *testing.T, err error) (conflict *pb.SlotConflict, violations *validate.Violations, info *pb.ErrorInfo) {
	t.Helper()
	var sent *connect.Error
	if !errors.As(translate(t.Context(), slog.Default(), "", err), &sent) {
		t.Fatalf("%v is not sent", err)
	}
	for _, detail := range sent.Details() {
		value, err := detail.Value()
		if err != nil {
			t.Fatal(err)
		}
		switch value := value.(type) {
		case *pb.SlotConflict:
			conflict = value
		case *validate.Violations:
			violations = value
		case *pb.ErrorInfo:
			info = value
		}
	}
	return conflict, violations, info
}

func TestFaultsAreSentWithTheirDetails(t *testing.T) {
	taken := fault.Taken(fault.SlotConflict{JobID: "j", UserName: "Ada", Slot: schedule.Slot{Start: 1, End: 2}, NextFree: 3})
	conflict, _, info := details(t, fmt.Errorf("on the way: %w", taken))
	if conflict.GetBlockingJobId() != "j" || conflict.GetNextFreeStartMs() != 3 || info.GetMetadata()["job_id"] != "j" ||
		info.GetReason() != pb.ErrorReason_ERROR_REASON_SLOT_TAKEN {
		t.Errorf("a conflict: %v, %v", conflict, info)
	}
	paused := fault.Taken(fault.SlotConflict{UserName: "Ada", Pause: true, PauseReason: "expo"})
	if conflict, _, info := details(t, paused); conflict.GetBlockingJobId() != "" || len(info.GetMetadata()) != 0 {
		t.Errorf("a pause: %v, %v", conflict, info)
	}
	var wrong fault.Fields
	wrong.Add("parameters", "width", "is too small")
	wrong.Add("seed", "", "is too large")
	_, violations, info := details(t, wrong.Err())
	if list := violations.GetViolations(); len(list) != 2 || list[0].GetField().GetElements()[0].GetStringKey() != "width" ||
		list[1].GetMessage() != "is too large" || info.GetReason() != pb.ErrorReason_ERROR_REASON_INVALID_FIELDS {
		t.Errorf("fields: %v, %v", violations, info)
	}
}
