package api_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// A refusal over HTTP is the error that a call would have had.
func TestUploadTellsWhyItIsRefused(t *testing.T) {
	large, err := proto.Marshal(&pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_TOO_LARGE})
	if err != nil {
		t.Fatal(err)
	}
	inWords := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"code":"resource_exhausted","message":"at most 64 MiB","details":[{"type":"comfyscheduler.v1.ErrorInfo","value":"%s"}]}`,
			base64.RawStdEncoding.EncodeToString(large))
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		code   codes.Code
		reason pb.ErrorReason
	}{
		"taken":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"7"}`) }, codes.OK, 0},
		"in words": {inWords, codes.ResourceExhausted, pb.ErrorReason_ERROR_REASON_TOO_LARGE},
		"by a proxy": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) },
			codes.ResourceExhausted, 0,
		},
		"not there":        {http.NotFound, codes.NotFound, 0},
		"something else":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }, codes.Unknown, 0},
		"without a number": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }, codes.Unknown, 0},
	} {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if content, err := io.ReadAll(r.Body); err != nil || string(content) != "fox" || r.Header.Get("Authorization") != "Bearer secret" ||
				r.ContentLength != 3 || r.Header.Get("X-File-Name") != "a%20fox.txt" {
				t.Errorf("%q, %v, %v", content, err, r.Header)
			}
			c.answer(w, r)
		}))
		id, err := dial(t, server, trusting(server), "secret").Upload(t.Context(), "a fox.txt", strings.NewReader("fox"), 3)
		if status.Code(err) != c.code || api.Reason(err) != c.reason || (id == "7") != (err == nil) {
			t.Errorf("%s: %q, %v", name, id, err)
		}
		server.Close()
	}
}
