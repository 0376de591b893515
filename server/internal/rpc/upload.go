package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
)

const (
	uploadStall = 30 * time.Second // for the next bytes of an upload
	uploadLimit = 3 * time.Hour    // for the whole of it
)

// HandleUpload takes in a file: POST with the file itself as the body, of whoever may book. The answer tells the asset that it became.
func (s *Server) HandleUpload(w http.ResponseWriter, r *http.Request) {
	who, ok := s.recogniseViewer(w, r)
	if !ok {
		return
	}
	name, err := mayUpload(who, r)
	if err != nil {
		if errors.Is(err, identity.ErrNotSignedIn) {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		s.plainError(w, r, err)
		return
	}
	taken, err := s.Assets.Receive(r.Context(), who.Actor, name, newUploadBody(w, r), r.ContentLength)
	if err != nil {
		s.plainError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct { // whoever sent it has hung up
		ID        string `json:"id"`
		Kind      string `json:"kind"`
		MediaType string `json:"media_type"`
		Size      int64  `json:"size_bytes"`
		Name      string `json:"name,omitempty"`
		Width     int    `json:"width,omitempty"`
		Height    int    `json:"height,omitempty"`
		Duration  int64  `json:"duration_ms,omitempty"`
		Animated  bool   `json:"animated,omitempty"`
	}{taken.ID, taken.Kind, taken.MediaType, taken.Size, taken.Name, taken.Width, taken.Height, taken.Duration, taken.Animated})
}

// nameHeader holds the name of an uploaded file for people, in UTF-8 with percent signs as in an address.
const nameHeader = "X-File-Name"

// mayUpload returns the name of a file that is to be uploaded, or why the request is refused before its body is read.
func mayUpload(who identity.Caller, r *http.Request) (name string, err error) {
	switch {
	case who.ID == "":
		return "", identity.ErrNotSignedIn
	case isForm(r):
		return "", fault.Invalid("content",
			"send the file itself as the body, not a form that holds it (curl: --data-binary @FILE, not --form)")
	case r.Header.Get("Content-Encoding") != "":
		return "", fault.Invalid("content", "send the file as it is, without a Content-Encoding")
	}
	name, err = url.PathUnescape(r.Header.Get(nameHeader))
	if err != nil {
		return "", fault.Invalid(nameHeader, "must be UTF-8 with percent signs as in an address")
	}
	return name, nil
}

// isForm reports whether a request is one that a form makes, whose body holds more than the file.
func isForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// uploadBody reads a body that may take long as a whole, as long as it goes on coming.
type uploadBody struct {
	body    io.Reader
	control *http.ResponseController
	end     time.Time // for the whole
}

func newUploadBody(w http.ResponseWriter, r *http.Request) *uploadBody {
	return &uploadBody{r.Body, http.NewResponseController(w), time.Now().Add(uploadLimit)}
}

// Read implements io.Reader. Its errors are those of a call: context.DeadlineExceeded, and context.Canceled for one that was cut.
func (b *uploadBody) Read(into []byte) (int, error) {
	next := time.Now().Add(uploadStall)
	if next.After(b.end) {
		next = b.end
	}
	if err := b.control.SetReadDeadline(next); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := b.body.Read(into)
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, context.DeadlineExceeded
	default:
		return n, context.Canceled
	}
}
