package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

const (
	uploadStall = 30 * time.Second // for the next bytes of an upload
	uploadLimit = 15 * time.Minute // for the whole of it
)

// HandleUpload takes in a file: POST with the file itself as the body, of whoever may import workflows. The answer is
// {"id": ..., "size_bytes": ...}; the id is for calls of the same user that take an upload.
func (s *Server) HandleUpload(w http.ResponseWriter, r *http.Request) {
	who, ok := s.look(w, r)
	if !ok {
		return
	}
	if err := s.mayUpload(who, r); err != nil {
		if errors.Is(err, identity.ErrNotSignedIn) {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		s.plainError(w, r, err)
		return
	}
	taken, err := s.Uploads.Receive(who.ID, newUploadBody(w, r), r.ContentLength)
	if err != nil {
		s.plainError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct { // whoever sent it has hung up
		ID   string `json:"id"`
		Size int64  `json:"size_bytes"`
	}{taken.ID, taken.Size})
}

// mayUpload says why a request for an upload is refused before its body is read.
func (s *Server) mayUpload(who identity.Caller, r *http.Request) error {
	switch {
	case who.ID == "":
		return identity.ErrNotSignedIn
	case !s.Presenter.MayImport(who.User):
		s.Refusals.Note(refusal.NotAllowed, who.Address, r.URL.Path)
		return errNoImporter
	case isForm(r):
		return fault.Invalid("content",
			"send the file itself as the body, not a form that holds it (curl: --data-binary @FILE, not --form)")
	case r.Header.Get("Content-Encoding") != "":
		return fault.Invalid("content", "send the file as it is, without a Content-Encoding")
	}
	return nil
}

var errNoImporter = fault.New(fault.NotAdministrator, "only administrators may import workflows here (workflows.who_may_import)")

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
