package rpc

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// The paths beside the calls follow the same rules.

// ForUsers lets those through who may look at all: everybody where anybody may become a user, else users.
func (s *Server) ForUsers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, ok := s.recogniseViewer(w, r); ok {
			s.serveKnown(next, w, r, who)
		}
	})
}

// ForResults lets those through who may have the result file that the path value "name" names.
func (s *Server) ForResults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.recogniseViewer(w, r)
		if !ok {
			return
		}
		if s.Presenter.JobFiles {
			name := r.PathValue("name")
			owner, err := s.Store.ResultOwner(r.Context(), s.Workers.Owner(name), name)
			if !s.allowed(w, r, who, owner, err, "no job wrote such a file") {
				return
			}
		}
		s.serveKnown(next, w, r, who)
	})
}

// ForPreviews lets those through who may see into the job that the path value "job" names.
func (s *Server) ForPreviews(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.recogniseViewer(w, r)
		if !ok {
			return
		}
		if s.Presenter.PrivateJobs {
			j, err := s.Store.Job(r.Context(), strings.ToLower(r.PathValue("job")))
			if !s.allowed(w, r, who, j.UserID, err, "there is no such job") {
				return
			}
		}
		s.serveKnown(next, w, r, who)
	})
}

// recogniseViewer recognises who makes a plain request, or refuses it.
func (s *Server) recogniseViewer(w http.ResponseWriter, r *http.Request) (identity.Caller, bool) {
	who, kind, err := s.onlooker(r)
	if err == nil && !who.Administrator {
		kind = refusal.Calls
		err = s.admission.files.take(cmp.Or(who.ID, source(r.Context())))
	}
	if err != nil && kind != "" {
		s.Refusals.Note(kind, peerAddress(r.Context()), r.URL.Path)
	}
	if err == nil {
		return who, true
	}
	if errors.Is(err, identity.ErrNotSignedIn) {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	s.plainError(w, r, err)
	return identity.Caller{}, false
}

// onlooker finds the maker of a plain request: nobody is good enough where anybody could sign in.
func (s *Server) onlooker(r *http.Request) (identity.Caller, refusal.Kind, error) {
	anonymous := !s.Presenter.NeedsToken()
	if anonymous && s.token(r.Context(), r.Header) == "" {
		return identity.Caller{}, "", nil
	}
	who, kind, err := s.recognise(r.Context(), r.Header)
	if anonymous && kind != "" {
		err = nil
	}
	return who, kind, err
}

// IsKnown reports whether a plain request comes from somebody who may look at all.
func (s *Server) IsKnown(r *http.Request) bool {
	_, _, err := s.onlooker(r)
	return err == nil
}

// allowed holds a viewer against an owner who was looked up, and refuses.
func (s *Server) allowed(w http.ResponseWriter, r *http.Request, who identity.Caller, owner string, err error, unknown string) bool {
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.plainError(w, r, fault.New(fault.NotFound, unknown).With("what", "path").With("name", r.URL.Path))
	case err != nil:
		s.plainError(w, r, err)
	case !s.Presenter.SeesJobsOf(who.User, owner):
		s.Refusals.Note(refusal.NotAllowed, who.Address, "another's file")
		s.plainError(w, r, errPrivate)
	default:
		return true
	}
	return false
}
