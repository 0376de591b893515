//go:build linux

package torture_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// watcher follows the live state, and loses its stream now and then.
type watcher struct {
	*user
	rng *rand.Rand
	at  revision
	// part collects the deltas of a change until its last one: it is seen as a whole, with its last delta.
	part []*pb.Job
	// resumed is true until the first change after a stream was opened: that may stand for several.
	resumed bool
}

// work watches until ctx ends.
func (w *watcher) work(ctx context.Context) {
	for ctx.Err() == nil {
		patience := time.Duration(100+w.rng.IntN(3000)) * time.Millisecond
		stream, cancel := context.WithTimeout(ctx, patience)
		w.watch(stream)
		cancel()
		if w.rng.Float64() < 0.15 {
			w.at = revision{} // begin anew, without a memory
		}
		if _, err := w.site.address(ctx); err != nil {
			return
		}
		pause(ctx, time.Duration(w.rng.IntN(100))*time.Millisecond)
	}
}

// watch opens a stream where the last one ended and follows it to its end.
func (w *watcher) watch(ctx context.Context) {
	request := &pb.WatchStateRequest{Client: "torture"}
	if w.at.Epoch != "" {
		request.ResumeAfter = &pb.Revision{Epoch: w.at.Epoch, Number: w.at.Number}
	}
	stream, err := w.WatchState(ctx, request)
	if err != nil {
		return
	}
	defer func() { _ = stream.Close() }()
	w.part, w.resumed = nil, true
	for stream.Receive() {
		w.apply(stream.Msg())
	}
}

func (w *watcher) apply(m *pb.WatchStateResponse) {
	if s := m.Snapshot; s != nil {
		w.at, w.part = revisionOf(s.Revision), nil
		w.take(s.Jobs, true)
	}
	for _, d := range m.Deltas {
		at := revisionOf(d.Revision)
		next := at.Number == w.at.Number || at.Number == w.at.Number+1 || w.resumed && at.Number > w.at.Number
		if at.Epoch != w.at.Epoch || !next {
			w.site.history.violation(fmt.Sprintf("watcher %s: delta %v after revision %v", w.name, at, w.at))
		}
		w.part = append(w.part, d.Jobs...)
		if at == w.at {
			continue
		}
		whole := w.part
		w.at, w.part, w.resumed = at, nil, false
		w.take(whole, false)
	}
}

func (w *watcher) take(jobs []*pb.Job, snapshot bool) {
	taken := jobsOf(jobs)
	w.site.history.saw(sighting{Watcher: w.name, Revision: w.at, Snapshot: snapshot, Jobs: taken})
}

// snapshot asks for the whole state.
func (u *user) snapshot(ctx context.Context) (revision, error) {
	response, err := u.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return revision{}, err
	}
	at, jobs := revisionOf(response.Snapshot.Revision), jobsOf(response.Snapshot.Jobs)
	u.site.history.saw(sighting{Watcher: u.name, Revision: at, Snapshot: true, Jobs: jobs})
	u.site.busyUntil.Store(u.site.untilFree(jobs))
	return at, nil
}

// untilFree is the end of the last slot that is to come soon, on the worker where that is earliest.
func (s *site) untilFree(jobs []job) int64 {
	limit := time.Now().Add(far / 2).UnixMilli()
	ends := make([]int64, len(s.lanes))
	for i, l := range s.lanes {
		for _, j := range jobs {
			if j.active() && j.Start < limit && j.Worker == l.id {
				ends[i] = max(ends[i], j.end())
			}
		}
	}
	return slices.Min(ends)
}

// glance asks for whole states at random moments until ctx ends.
func (u *user) glance(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		_, _ = u.snapshot(ctx) // the service may be down
		pause(ctx, time.Duration(50+rng.IntN(400))*time.Millisecond)
	}
}

// catchUp follows the live state until it has come to a revision.
func (w *watcher) catchUp(ctx context.Context, to revision) error {
	for w.at.Epoch != to.Epoch || w.at.Number < to.Number {
		if ctx.Err() != nil {
			return fmt.Errorf("watcher %s is at %v and does not come to %v", w.name, w.at, to)
		}
		stream, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		w.watch(stream)
		cancel()
	}
	return nil
}
