package apierror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

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

// wireOnly are the reasons of errors of the protocol, which are no faults of the domain.
var wireOnly = map[pb.ErrorReason]bool{
	pb.ErrorReason_ERROR_REASON_UNSPECIFIED:       true,
	pb.ErrorReason_ERROR_REASON_MALFORMED:         true,
	pb.ErrorReason_ERROR_REASON_CANCELLED:         true,
	pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED: true,
	pb.ErrorReason_ERROR_REASON_INTERNAL:          true,
	pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD:    true,
}

// Each reason of a fault has one of the schema, and each of the schema stands for one of a fault.
func TestEveryReasonIsInTheSchema(t *testing.T) {
	meant := map[pb.ErrorReason]int{}
	for _, reason := range fault.Reasons() {
		meant[reasons[reason]]++
	}
	for number, name := range pb.ErrorReason_name {
		if n := meant[pb.ErrorReason(number)]; wireOnly[pb.ErrorReason(number)] != (n == 0) || n > 1 {
			t.Errorf("%s stands for %d reasons", name, n)
		}
	}
}

// sent is the detail of an error as it goes over the wire, the only one.
func sent(t *testing.T, err error) *pb.ErrorInfo {
	t.Helper()
	var e *connect.Error
	if !errors.As(Translate(t.Context(), slog.New(slog.DiscardHandler), "", err), &e) || len(e.Details()) != 1 {
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
	late := sent(t, fault.Taken(fault.SlotConflict{FilesAt: 7, FilesWorker: "gpu", NextFree: 9}))
	if files := late.GetSlotConflict().GetFiles(); files.GetReadyMs() != 7 || files.GetWorkerId() != "gpu" || late.Metadata["job_id"] != "" {
		t.Errorf("files: %v", late)
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

// A program is answered in Connect's JSON, which Connect's own client reads; whoever goes to an address with a browser reads words.
func TestRefusedOverPlainHTTP(t *testing.T) {
	refused := fault.New(fault.TooManyRequests, "too fast")
	refused.RetryAfter = 1500 * time.Millisecond
	for name, c := range map[string]struct {
		err    error
		status int
		says   string
	}{
		"a fault":         {fmt.Errorf("on the way: %w", fault.NoSuch("result", "fox.png")), http.StatusNotFound, `there is no result "fox.png"`},
		"to wait":         {refused, http.StatusTooManyRequests, "too fast"},
		"its own status":  {fault.New(fault.UnsupportedFile, "no picture"), http.StatusUnsupportedMediaType, "no picture"},
		"of the protocol": {New(connect.CodeUnimplemented, errors.New("no call"), pb.ErrorReason_ERROR_REASON_UNKNOWN_METHOD), 405, "no call"},
		"a failure":       {errors.New("a secret"), http.StatusInternalServerError, errInternal.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/images/fox.png", nil)
			program, page := httptest.NewRecorder(), httptest.NewRecorder()
			Write(program, r, c.err)
			r.Header.Set("Accept", "text/html,*/*;q=0.8")
			Write(page, r, c.err)
			var told answer
			if err := json.Unmarshal(program.Body.Bytes(), &told); err != nil || told.Message != c.says || len(told.Details) != 1 ||
				told.Details[0].Type != "comfyscheduler.v1.ErrorInfo" || program.Code != c.status {
				t.Errorf("a program reads %d %+v (%v)", program.Code, told, err)
			}
			if page.Body.String() != c.says+"\n" || page.Code != c.status || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/plain") {
				t.Errorf("people read %d %v", page.Code, page.Body)
			}
			if errors.Is(c.err, refused) && program.Header().Get("Retry-After") != "2" {
				t.Errorf("headers %v", program.Header())
			}
		})
	}
}
