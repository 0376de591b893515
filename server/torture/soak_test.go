//go:build linux

package torture_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var soak = flag.Bool("torture.soak", false, "run the soak, for -torture.duration")

const (
	audience     = 50               // watchers of a soak
	bookingEvery = 12 * time.Second // of a soak
)

// TestSoak lets the service work in peace for a long time, under a load as of a course with its screen on the wall, and
// prints what grows.
func TestSoak(t *testing.T) {
	if !*soak {
		t.Skip("takes an hour or more: make soak DURATION=60m")
	}
	seed := chosenSeed()
	folder := keptFolder(t)
	h, err := newHistory(filepath.Join(folder, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(folder, build(t, folder), seed, h)
	if err != nil {
		t.Fatal(err)
	}
	s.speed, s.polite = nil, true // as slow as the simulated ComfyUI is by itself
	t.Cleanup(s.end)
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	samples, err := s.soak(ctx, seed)
	if err != nil {
		t.Error(err)
	}
	for _, wrong := range append(h.wrong, check(s.evidence(t))...) {
		t.Errorf("VIOLATION: %s", wrong)
	}
	for _, j := range s.answered {
		if j.Status != completed {
			t.Errorf("job %s is %s: %s", j.ID, j.Status, j.ErrorText)
		}
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
	t.Log("\n" + table(samples))
}

// crowd is everybody who watches.
type crowd struct{ messages, reconnects atomic.Int64 }

// soak works for the duration and gives a sample for each minute.
func (s *site) soak(ctx context.Context, seed uint64) (samples []sample, err error) {
	up, goDown := context.WithCancel(ctx)
	defer goDown()
	var service, others sync.WaitGroup
	service.Go(func() {
		if err := s.keepUp(up); err != nil {
			s.history.violation("the service cannot be started: " + err.Error())
		}
	})
	watch, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	if err := s.invite(ctx); err != nil {
		return nil, err
	}
	b, err := s.signIn(ctx, "booker")
	if err != nil {
		return nil, err
	}
	var watching crowd
	for i := range audience {
		viewer, err := s.signIn(ctx, fmt.Sprintf("watcher %d", i)) // one user may have only so many streams
		if err != nil {
			return nil, err
		}
		others.Go(func() { watching.watch(watch, viewer) })
	}
	work := &shift{booker: newBooker(b, derive(seed, 1)), crowd: &watching}
	samples, err = work.do(ctx)
	s.answered = work.jobs
	stopWatching()
	others.Wait()
	goDown()
	s.signal(syscall.SIGTERM, "SIGTERM")
	service.Wait()
	return samples, err
}

// watch follows the live state until ctx ends.
func (c *crowd) watch(ctx context.Context, u *user) {
	for request := (&pb.WatchStateRequest{Client: "soak"}); ctx.Err() == nil; c.reconnects.Add(1) {
		stream, err := u.WatchState(ctx, request)
		if err != nil {
			pause(ctx, time.Second)
			continue
		}
		for stream.Receive() {
			c.messages.Add(1)
		}
		_ = stream.Close()
		pause(ctx, time.Second)
	}
}

// shift books, and fetches the pictures of what has ended.
type shift struct {
	*booker
	*crowd
	jobs    []job // as last heard of
	fetched map[string]bool
	late    int // starts more than 50 ms after their slot
}

func (w *shift) do(ctx context.Context) (samples []sample, err error) {
	working, cancel := context.WithTimeout(ctx, *duration)
	defer cancel()
	every := min(time.Minute, *duration/5)
	began := time.Now()
	book, look, measure := time.NewTicker(bookingEvery), time.NewTicker(time.Second), time.NewTicker(every)
	defer book.Stop()
	defer look.Stop()
	defer measure.Stop()
	w.fetched = map[string]bool{}
	for {
		select {
		case <-book.C:
			w.bookAt(ctx, time.Now().Add(2*time.Second).UnixMilli(), false, "")
		case <-look.C:
			err = errors.Join(err, w.lookAround(ctx))
		case <-measure.C:
			one, failure := w.sample(time.Since(began))
			fmt.Println(one)
			samples, err = append(samples, one), errors.Join(err, failure)
		case <-working.Done():
			draining, stop := context.WithTimeout(ctx, time.Minute)
			defer stop()
			err = errors.Join(err, w.site.drained(draining, w.user), w.lookAround(ctx))
			one, failure := w.sample(time.Since(began))
			return append(samples, one), errors.Join(err, failure)
		}
	}
}

// lookAround reads all jobs and fetches the pictures of those that have ended since.
func (w *shift) lookAround(ctx context.Context) (err error) {
	if w.jobs, err = w.list(ctx); err != nil {
		return err
	}
	for _, j := range w.jobs {
		if j.Status != completed || w.fetched[j.ID] {
			continue
		}
		w.fetched[j.ID] = true
		if j.Started-j.Start > 50 {
			w.late++
		}
		for _, path := range []string{"/thumbnails/%s?w=160", "/thumbnails/%s?w=320", "/thumbnails/%s?w=640", "/images/%s"} {
			_, failure := w.fetch(fmt.Sprintf(path, j.Result))
			err = errors.Join(err, failure)
		}
	}
	return err
}

// fetch reads what is at a path of the service.
func (u *user) fetch(path string) ([]byte, error) {
	response, err := u.HTTP.Get("http://service" + path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, response.Status)
	}
	return content, err
}
