package rpc

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// plainStatuses are those of the codes that paths beside the calls answer; any other is 500.
var plainStatuses = map[connect.Code]int{
	connect.CodeCanceled:          statusHungUp,
	connect.CodeDeadlineExceeded:  http.StatusRequestTimeout,
	connect.CodeInvalidArgument:   http.StatusBadRequest,
	connect.CodeNotFound:          http.StatusNotFound,
	connect.CodePermissionDenied:  http.StatusForbidden,
	connect.CodeResourceExhausted: http.StatusTooManyRequests,
	connect.CodeUnauthenticated:   http.StatusUnauthorized,
	connect.CodeUnavailable:       http.StatusServiceUnavailable,
}

// statusHungUp is for logs: nobody is there to read it.
const statusHungUp = 499

// plainError answers a path beside the calls with an error in the JSON in which Connect's calls answer theirs.
func (s *Server) plainError(w http.ResponseWriter, r *http.Request, err error) {
	var failed *connect.Error
	if !errors.As(translate(r.Context(), s.Log, r.URL.Path, err), &failed) {
		return
	}
	type detail struct {
		Type  string          `json:"type"`
		Value string          `json:"value"`
		Debug json.RawMessage `json:"debug,omitempty"`
	}
	answer := struct {
		Code    string   `json:"code"`
		Message string   `json:"message"`
		Details []detail `json:"details"`
	}{Code: failed.Code().String(), Message: failed.Message()}
	for _, d := range failed.Details() {
		told := detail{Type: d.Type(), Value: base64.RawStdEncoding.EncodeToString(d.Bytes())}
		if value, err := d.Value(); err == nil {
			told.Debug, _ = protojson.Marshal(value)
		}
		answer.Details = append(answer.Details, told)
	}
	for name, values := range failed.Meta() {
		w.Header()[name] = values
	}
	status, known := plainStatuses[failed.Code()]
	switch {
	case fault.Is(err, fault.TooLarge):
		status = http.StatusRequestEntityTooLarge
	case fault.Is(err, fault.UnsupportedFile):
		status = http.StatusUnsupportedMediaType
	case fault.Is(err, fault.ResultChanged):
		status = http.StatusGone
	case fault.Is(err, fault.StoreFull), fault.Is(err, fault.QuotaExceeded):
		status = http.StatusInsufficientStorage
	case !known:
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // whoever asked has hung up
}

// errPrivate refuses a file of a job that the viewer may not see.
func errPrivate() error {
	return coded(connect.CodePermissionDenied, errors.New("it is for its owner and for administrators"), pb.ErrorReason_ERROR_REASON_PRIVATE)
}
