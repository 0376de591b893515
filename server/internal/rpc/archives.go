package rpc

import (
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/archive"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	archivesAtOnce      = 32  // that are being written
	archivesAtOnceOfOne = 3   // for one user, or one source
	archiveStep         = 100 // jobs that are read at once
)

// wanted holds what somebody may have in an archive.
type wanted struct {
	jobs iter.Seq2[job.Job, error] // those that have results
	name string                    // for people, without its ending
}

// ArchiveOfJob answers with a zip of the results of the job that the path value "job" names, for whoever may see them.
func (s *Server) ArchiveOfJob(w http.ResponseWriter, r *http.Request) {
	s.archive(w, r, func(ctx context.Context, who identity.Caller) (wanted, error) {
		found, err := s.jobOf(ctx, who.User, r.PathValue("job"))
		if err != nil {
			return wanted{}, err
		}
		return wanted{func(yield func(job.Job, error) bool) {
			if len(found.Results) > 0 {
				yield(found, nil)
			}
		}, archive.Stem(found)}, nil
	})
}

// ArchiveOfSeries answers with a zip of the results of the jobs that were booked together under the id that the path value "series" is.
func (s *Server) ArchiveOfSeries(w http.ResponseWriter, r *http.Request) {
	s.archive(w, r, func(ctx context.Context, who identity.Caller) (wanted, error) {
		query := store.Query{Series: canonical(r.PathValue("series")), Limit: 1}
		some, err := s.Store.ListJobs(ctx, query)
		if err != nil {
			return wanted{}, err
		}
		if len(some) == 0 || !s.Presenter.SeesJobsOf(who.User, some[0].UserID) {
			return wanted{}, fault.NoSuch("series", r.PathValue("series"))
		}
		name := cmp.Or(archive.Slug(some[0].Prompt()), archive.Slug(some[0].Workflow)) + "_series-" + shortID(query.Series)
		return wanted{s.withResults(ctx, query), name}, nil
	})
}

// shortID is the end of an id, which tells those of one user apart.
func shortID(id string) string { return id[max(len(id)-8, 0):] }

// ArchiveOfMine answers with a zip of the results of the caller's own jobs, of those whose slots have a moment in common with the
// time from "from" to "to", where the request has them.
func (s *Server) ArchiveOfMine(w http.ResponseWriter, r *http.Request) {
	s.archive(w, r, func(ctx context.Context, who identity.Caller) (wanted, error) {
		if who.ID == "" {
			return wanted{}, identity.ErrNotSignedIn
		}
		window, err := windowIn(r)
		if err != nil {
			return wanted{}, err
		}
		query := store.Query{Statuses: []job.Status{job.Completed}, UserID: who.ID, Window: window}
		name := "results-of-" + cmp.Or(archive.Slug(who.Name), "me") + "_" + s.Now().UTC().Format(time.DateOnly)
		return wanted{s.withResults(ctx, query), name}, nil
	})
}

// windowIn reads the time that a request names; nil: all of it.
func windowIn(r *http.Request) (*schedule.Slot, error) {
	window := schedule.Slot{End: lastMoment}
	for name, edge := range map[string]*int64{"from": &window.Start, "to": &window.End} {
		text := r.FormValue(name)
		if text == "" {
			continue
		}
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms < 0 || ms > lastMoment {
			return nil, fault.Invalid(name, "must be a moment in milliseconds since the Unix epoch")
		}
		*edge = ms
	}
	if window.End < window.Start {
		return nil, fault.Invalid("to", "lies before from")
	}
	return &window, nil
}

// withResults reads the jobs of a query that have results, the earliest first and a few at a time.
func (s *Server) withResults(ctx context.Context, query store.Query) iter.Seq2[job.Job, error] {
	query.Limit = archiveStep
	return func(yield func(job.Job, error) bool) {
		for {
			jobs, err := s.Store.ListJobs(ctx, query)
			if err != nil {
				yield(job.Job{}, err)
				return
			}
			for _, j := range jobs {
				if len(j.Results) > 0 && !yield(j, nil) {
					return
				}
			}
			if len(jobs) < archiveStep {
				return
			}
			last := jobs[len(jobs)-1]
			query.After = &store.Cursor{Start: last.Start, ID: last.ID}
		}
	}
}

// archive answers with a zip of what is found for the caller, as it is read. What goes wrong before its first byte is told, what does
// later breaks it off, so that nobody takes a part for the whole.
func (s *Server) archive(w http.ResponseWriter, r *http.Request, find func(context.Context, identity.Caller) (wanted, error)) {
	who, ok := s.recogniseViewer(w, r)
	if !ok {
		return
	}
	free, err := s.archives.begin(cmp.Or(who.ID, source(r.Context())))
	if err != nil {
		s.plainError(w, r, err)
		return
	}
	defer free()
	found, err := find(r.Context(), who)
	if errors.Is(err, identity.ErrNotSignedIn) {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if err != nil {
		s.plainError(w, r, err)
		return
	}
	next, stop := iter.Pull2(found.jobs)
	defer stop()
	first, err, any := next()
	if !any {
		err = fault.New(fault.NotFound, "there are no results of that yet").With("what", "result").With("name", r.URL.Path)
	}
	if err != nil {
		s.plainError(w, r, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": found.name + ".zip"}))
	header.Set("Cache-Control", "private, no-store")
	header.Set("X-Accel-Buffering", "no") // a proxy would keep all of it on its disk
	if r.Method == http.MethodHead {
		return
	}
	if err := s.writeArchive(r.Context(), s.whileKnown(w, r, who), first, next); err != nil {
		if r.Context().Err() == nil {
			s.Log.Warn("an archive was broken off", "path", r.URL.Path, "err", err)
		}
		panic(http.ErrAbortHandler)
	}
}

func (s *Server) writeArchive(ctx context.Context, to io.Writer, j job.Job, next func() (job.Job, error, bool)) error {
	zip := archive.New(to, s.OpenResult)
	for {
		err := zip.Add(ctx, j)
		if errors.Is(err, archive.ErrFull) {
			zip.Note(err.Error() + ": the results from from=" + strconv.FormatInt(j.Start, 10) + " on are missing, ask for them alone")
			return zip.Close()
		}
		if err != nil {
			return err
		}
		var more bool
		if j, err, more = next(); err != nil {
			return err
		}
		if !more {
			return zip.Close()
		}
	}
}

// archives counts those that are being written: each holds a file open, and a connection to a remote ComfyUI.
type archives struct {
	mu  sync.Mutex
	all int
	by  map[string]int
}

// begin counts one until free is called; fault.TooManyRequests.
func (a *archives) begin(of string) (free func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all >= archivesAtOnce || a.by[of] >= archivesAtOnceOfOne {
		busy := fault.New(fault.TooManyRequests, "too many archives are being downloaded: wait until one has ended")
		busy.RetryAfter = 5 * time.Second
		return nil, busy
	}
	if a.by == nil {
		a.by = map[string]int{}
	}
	a.all++
	a.by[of]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.all--
		release(a.by, of)
	}, nil
}
