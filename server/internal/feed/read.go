package feed

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Cursor is how far a reader has read. The zero Cursor has read nothing.
type Cursor struct {
	Revision Revision
	tick     int64 // of the latest progress
}

// News is what a reader has not seen: a snapshot, or deltas in their order; and progress.
type News[V any] struct {
	Snapshot *Snapshot
	Deltas   []V
	Progress []job.Progress
	Next     Cursor
	// More is closed when there is more to read after Next.
	More <-chan struct{}
}

// Empty reports whether there is nothing new.
func (n News[V]) Empty() bool {
	return n.Snapshot == nil && len(n.Deltas) == 0 && len(n.Progress) == 0
}

// maxDeltas is how many deltas one read gives: a reader further behind is better served by a snapshot.
const maxDeltas = 1000

// Read gives what happened after the cursor. A cursor of another epoch, from the future, or too far behind gives a
// snapshot.
func (f *Feed[V]) Read(after Cursor) News[V] {
	f.mu.RLock()
	defer f.mu.RUnlock()
	news := News[V]{Next: Cursor{Revision{f.epoch, f.number}, f.ticks}, More: f.changed}
	behind := f.number - after.Revision.Number
	if after.Revision.Epoch != f.epoch || behind < 0 || behind > min(maxDeltas, int64(len(f.history))) {
		news.Snapshot = f.snapshot()
		return news
	}
	news.Deltas = f.history[int64(len(f.history))-behind:]
	for _, p := range f.progress {
		if p.tick > after.tick {
			news.Progress = append(news.Progress, p.Progress)
		}
	}
	return news
}

// Snapshot is the state as it is now. It is shared and must not be changed.
func (f *Feed[V]) Snapshot() *Snapshot {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.snapshot()
}

// snapshot is made once for all who ask before the next change. Connections that nobody was told of yet may be missing:
// they come with the next change. The caller holds the lock.
func (f *Feed[V]) snapshot() *Snapshot {
	if s := f.latest.Load(); s != nil && s.Revision.Number == f.number && s.tick == f.ticks {
		return s
	}
	s := &Snapshot{
		Revision: Revision{f.epoch, f.number}, System: f.system, Workflows: f.workflows, Connections: f.connections.Values(),
		Jobs: f.jobs(maxScheduled), tick: f.ticks,
	}
	if scheduled := len(f.active) - f.running; scheduled > maxScheduled {
		for _, j := range s.Jobs {
			if j.Status == job.Scheduled {
				s.ScheduledUntil = max(s.ScheduledUntil, j.Start)
			}
		}
	}
	for _, p := range f.progress {
		s.Progress = append(s.Progress, p.Progress)
	}
	f.latest.Store(s)
	return s
}

// jobs are the ended ones, the running ones and the next scheduled ones.
func (f *Feed[V]) jobs(scheduled int) []job.Job {
	jobs := slices.Clone(f.ended)
	running := f.running
	f.byStart.Scan(func(j *job.Job) bool {
		if j.Status == job.Processing {
			running--
			jobs = append(jobs, *j)
		} else if scheduled > 0 {
			scheduled--
			jobs = append(jobs, *j)
		}
		return scheduled > 0 || running > 0
	})
	return jobs
}
