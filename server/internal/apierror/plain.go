package apierror

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// statusHungUp is for logs: nobody is there to read it.
const statusHungUp = 499

// statuses are those of the codes; any other is 500.
var statuses = map[connect.Code]int{
	connect.CodeCanceled:           statusHungUp,
	connect.CodeDeadlineExceeded:   http.StatusRequestTimeout,
	connect.CodeInvalidArgument:    http.StatusBadRequest,
	connect.CodeNotFound:           http.StatusNotFound,
	connect.CodeAlreadyExists:      http.StatusConflict,
	connect.CodeAborted:            http.StatusConflict,
	connect.CodeFailedPrecondition: http.StatusConflict,
	connect.CodePermissionDenied:   http.StatusForbidden,
	connect.CodeResourceExhausted:  http.StatusTooManyRequests,
	connect.CodeUnauthenticated:    http.StatusUnauthorized,
	connect.CodeUnavailable:        http.StatusServiceUnavailable,
	connect.CodeUnimplemented:      http.StatusMethodNotAllowed,
}

// reasonStatuses are those of reasons that HTTP has a status of its own for.
var reasonStatuses = map[fault.Reason]int{
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.UnsupportedFile: http.StatusUnsupportedMediaType,
	fault.StoreFull:       http.StatusInsufficientStorage,
	fault.QuotaExceeded:   http.StatusInsufficientStorage,
	fault.ResultChanged:   http.StatusGone,
}

// Write answers a request over plain HTTP with what was refused: in the JSON in which Connect's calls are answered, or in its words alone
// where somebody's browser has gone to the address. err is a fault or an error of Translate or New; any other is answered as a failure
// of the service, without its text.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	if refused, is := fault.Of(err); is {
		status = statuses[codes[refused.Kind()]]
		if own, has := reasonStatuses[refused.Reason]; has {
			status = own
		}
	} else if failed, is := errors.AsType[*connect.Error](err); is && statuses[failed.Code()] != 0 {
		status = statuses[failed.Code()]
	}
	WriteStatus(w, r, status, err)
}

// WriteStatus is Write with a status of HTTP that says it better than that of the error.
func WriteStatus(w http.ResponseWriter, r *http.Request, status int, err error) {
	failed, is := errors.AsType[*connect.Error](err)
	if refused, known := fault.Of(err); known && !is {
		failed = faultToConnect(refused)
	} else if !is {
		failed = New(connect.CodeInternal, errInternal, pb.ErrorReason_ERROR_REASON_INTERNAL)
	}
	header := w.Header()
	for name, values := range failed.Meta() {
		header[name] = values
	}
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if isNavigation(r) {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, failed.Message()+"\n") // whoever asked may have gone
		return
	}
	header.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answerOf(failed)) // whoever asked may have gone
}

// isNavigation reports whether a browser asks for a page to show to somebody.
func isNavigation(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// answer is an error in Connect's JSON.
type answer struct {
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Details []detail `json:"details"`
}

type detail struct {
	Type  string          `json:"type"`
	Value string          `json:"value"`
	Debug json.RawMessage `json:"debug,omitempty"`
}

func answerOf(failed *connect.Error) answer {
	a := answer{Code: failed.Code().String(), Message: failed.Message()}
	for _, d := range failed.Details() {
		told := detail{Type: d.Type(), Value: base64.RawStdEncoding.EncodeToString(d.Bytes())}
		if value, err := d.Value(); err == nil {
			told.Debug, _ = protojson.Marshal(value)
		}
		a.Details = append(a.Details, told)
	}
	return a
}
