package rpc

import (
	"errors"
	"net/http"

	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
)

// knownWriter writes an answer as long as somebody who came with a token is known by it: files and zips may take hours, and a token that
// is revoked ends everywhere at once.
type knownWriter struct {
	http.ResponseWriter
	server *Server
	r      *http.Request
	who    identity.Caller
	cut    bool
}

func (s *Server) whileKnown(w http.ResponseWriter, r *http.Request, who identity.Caller) *knownWriter {
	return &knownWriter{ResponseWriter: w, server: s, r: r, who: who}
}

// Unwrap is for http.ResponseController.
func (w *knownWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements io.Writer; identity.ErrNotSignedIn.
func (w *knownWriter) Write(data []byte) (int, error) {
	if w.who.ID != "" && w.who.IsStale() {
		now, _, err := w.server.onlooker(w.r)
		if err != nil || now.ID != w.who.ID {
			w.cut = true
			return 0, errors.Join(identity.ErrNotSignedIn, err)
		}
		w.who = now
	}
	return w.ResponseWriter.Write(data)
}

// serveKnown has a request answered, and the answer broken off when its maker is not known any more.
func (s *Server) serveKnown(next http.Handler, w http.ResponseWriter, r *http.Request, who identity.Caller) {
	known := s.whileKnown(w, r, who)
	next.ServeHTTP(known, r)
	if known.cut {
		panic(http.ErrAbortHandler) // so that nobody takes a part for the whole
	}
}
