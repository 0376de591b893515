package handover_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/handover"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// film is the size of a file that takes 20 seconds.
const film = 200 << 20

// booked is a job with the film that starts in a moment.
func (r *rig) booked(id string) job.Job {
	j := r.with(film, "film")
	j.ID, j.Start, j.Duration = id, time.Now().Add(time.Second).UnixMilli(), time.Minute.Milliseconds()
	return j
}

// arrived reports whether the film is where its ComfyUI finds it.
func (r *rig) arrived() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.there["comfyscheduler/film.png"] == film
}

func sendingRig(t *testing.T) *rig {
	r := newRig(t)
	r.speed = 10 << 20
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	go r.Run(ctx)
	return r
}

// What is on its way is sent on while a job needs it on this worker, and no longer.
func TestSendingEndsWithTheLastJobThatNeedsTheFile(t *testing.T) {
	cancelled := func(j *job.Job) { _ = j.Cancel(time.Now().UnixMilli()) }
	moved := func(j *job.Job) { j.Worker = "other" }
	edited := func(j *job.Job) { j.Inputs = nil }
	for name, c := range map[string]struct {
		change func(*job.Job)
		other  bool // another job needs the file
	}{
		"cancelled":                   {cancelled, false},
		"moved away":                  {moved, false},
		"with another file":           {edited, false},
		"cancelled, another needs":    {cancelled, true},
		"moved away, another needs":   {moved, true},
		"another file, another needs": {edited, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := sendingRig(t)
				j, other := r.booked("j"), r.booked("other")
				if !c.other {
					other.Inputs = nil
				}
				r.books(j, other)
				time.Sleep(5 * time.Second)
				c.change(&j)
				r.books(j, other)
				time.Sleep(time.Minute)
				if r.arrived() != c.other || r.sends() != "film.png" {
					t.Errorf("arrived: %v, sent: %s", r.arrived(), r.sends())
				}
			})
		})
	}
}

// A job that comes when the file is not sent any more has it sent again, whole; one that waits for it does not hear of that.
func TestFileIsSentAgainForALaterJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sendingRig(t)
		j, later := r.booked("j"), r.booked("later")
		r.books(j)
		time.Sleep(5 * time.Second)
		if err := j.Cancel(time.Now().UnixMilli()); err != nil {
			t.Fatal(err)
		}
		waits := make(chan error)
		go func() {
			_, err := r.Finish(t.Context(), later) // it asked before the other was cancelled, and is not in the bookings yet
			waits <- err
		}()
		synctest.Wait()
		r.books(j)
		synctest.Wait()
		r.books(j, later)
		if err := <-waits; err != nil || !r.arrived() {
			t.Errorf("%v, arrived: %v", err, r.arrived())
		}
		if r.sends() != "film.png film.png" {
			t.Errorf("sent: %s", r.sends())
		}
	})
}

// Of a file that is on its way only what is left counts, and of one that is not sent any more all.
func TestNeedsOfAFileOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := sendingRig(t)
		files := map[string]int64{"film": film}
		whole := r.Needs(files)
		j := r.booked("j")
		r.books(j)
		last := whole
		for range 3 {
			time.Sleep(5 * time.Second)
			now := r.Needs(files)
			if now >= last || now <= 0 {
				t.Errorf("needs %v after %v", now, last)
			}
			last = now
		}
		if last > whole/3 {
			t.Errorf("a quarter needs %v of %v", last, whole)
		}
		if err := j.Cancel(time.Now().UnixMilli()); err != nil {
			t.Fatal(err)
		}
		r.books(j)
		synctest.Wait()
		if got := r.Needs(files); got != whole {
			t.Errorf("what is not sent any more needs %v, not %v", got, whole)
		}
	})
}

// TestComfyUIHearsThatAFileEnds sends by the real client: the request is cut, so that ComfyUI has half a form and keeps nothing.
func TestComfyUIHearsThatAFileEnds(t *testing.T) {
	begun, ended := make(chan struct{}, 1), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, err := io.CopyN(io.Discard, r.Body, 1<<20)
		begun <- struct{}{}
		for err == nil {
			_, err = io.CopyN(io.Discard, r.Body, 1<<10)
			time.Sleep(time.Millisecond)
		}
		ended <- err
	}))
	defer server.Close()
	r := newRig(t)
	c := r.Config
	c.ComfyUI = comfy.New(comfy.Options{BaseURL: server.URL, HTTPClient: server.Client(), Log: c.Log})
	r.Handover = handover.New(c)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	j := r.booked("j")
	r.books(j)
	go r.Run(ctx)
	<-begun
	j.Status = job.Cancelled
	r.books(j)
	if err := <-ended; errors.Is(err, io.EOF) {
		t.Error("the file was sent to its end")
	}
}
