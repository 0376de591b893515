package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func TestFaultIsFoundInWhateverWrapsIt(t *testing.T) {
	taken := fault.Taken(fault.SlotConflict{JobID: "1", UserName: "Ada", Slot: schedule.Slot{Start: 5, End: 9}, NextFree: 10})
	wrapped := fmt.Errorf("book: %w", errors.Join(errors.New("the disk is slow"), taken))
	if !fault.Is(wrapped, fault.SlotTaken) || fault.Is(wrapped, fault.NotFound) {
		t.Errorf("the reason of %v", wrapped)
	}
	if conflict, is := fault.ConflictOf(wrapped); !is || conflict.NextFree != 10 {
		t.Errorf("the conflict: %+v", conflict)
	}
	if _, is := fault.InTheWayOf(wrapped); is {
		t.Error("a conflict is taken for bookings in the way of a pause")
	}
	if _, is := fault.Of(errors.New("the disk is slow")); is || fault.Is(nil, fault.SlotTaken) {
		t.Error("another error, or none, is taken for a fault")
	}
}

func TestMetadataIsAddedToACopy(t *testing.T) {
	stopping := fault.New(fault.Stopping, "the service is stopping")
	if more := stopping.With("when", "soon").With("why", "asked to"); len(more.Metadata) != 2 || len(stopping.Metadata) != 0 {
		t.Errorf("metadata %v, and %v of the error that others share", more.Metadata, stopping.Metadata)
	}
}

func TestFieldsAreGathered(t *testing.T) {
	var wrong fault.Fields
	if err := wrong.Err(); err != nil {
		t.Fatalf("nothing is wrong: %v", err)
	}
	wrong.Add("parameters", "width", "must be at least 16")
	wrong.Add("seed", "", "must be at most 9")
	err := wrong.Err()
	want := `parameters["width"]: must be at least 16; seed: must be at most 9`
	if err.Error() != want || !fault.Is(err, fault.InvalidFields) {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestEveryReasonHasAKind(t *testing.T) {
	for _, reason := range fault.Reasons() {
		if fault.New(reason, "").Kind() == 0 {
			t.Errorf("%q has none", reason)
		}
	}
}
