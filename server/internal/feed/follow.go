package feed

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Apply takes in what was committed: each change follows on the one before, and the first on what was loaded.
func (f *Feed[V]) Apply(changes []store.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range changes {
		f.apply(c)
	}
	f.wake()
}

func (f *Feed[V]) apply(c store.Change) {
	var s splitter
	for _, thing := range c.Things {
		switch {
		case thing.Job != nil:
			short := nameless(*thing.Job)
			owner := f.put(short, thing.Job.UserName)
			s.job(short, owner, f.jobs.scheduled())
		case thing.User != nil:
			if f.names.rename(thing.Key, thing.User.Name) {
				s.name(UserName{thing.Key, thing.User.Name})
			}
		}
	}
	for _, d := range s.end(c) {
		f.add(d, c.Revision.Number)
	}
	f.at = c.Revision
}

// Resume gives what happened after a revision: from the history, or from the log of changes where that reaches further
// back. In what comes from the log values may be newer than they were, but none is older than its delta's revision.
func (f *Feed[V]) Resume(ctx context.Context, log store.Log, after Revision) News[V] {
	news := f.Read(Cursor{Revision: after})
	if news.Snapshot == nil {
		return news
	}
	changes, err := log.Changes(ctx, after, maxDeltas)
	if err != nil || len(changes) == 0 {
		return news // forgotten; a log that cannot be read is no reason to send nothing
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	last := changes[len(changes)-1].Revision
	rest, known := f.history.since(last.Number)
	if !known || last.Epoch != f.at.Epoch || last.Number > f.at.Number {
		return news // more was committed meanwhile than the feed has applied
	}
	resumed := News[V]{Next: f.cursor(), More: f.changed}
	for _, c := range changes {
		for _, d := range f.split(c) {
			resumed.Deltas = append(resumed.Deltas, f.render(d))
		}
	}
	resumed.Deltas = append(resumed.Deltas, rest...)
	if len(resumed.Deltas) > maxDeltas {
		return news
	}
	for _, p := range f.progress {
		resumed.Progress = append(resumed.Progress, p.rendered)
	}
	return resumed
}

// split makes deltas of a change that was applied before. The caller holds the lock.
func (f *Feed[V]) split(c store.Change) []Delta {
	var s splitter
	for _, thing := range c.Things {
		switch {
		case thing.Job != nil:
			owner := UserName{thing.Job.UserID, f.names.of(thing.Job.UserID, thing.Job.UserName)}
			s.job(nameless(*thing.Job), owner, f.jobs.scheduled())
		case thing.User != nil && f.names.knows(thing.Key):
			s.name(UserName{thing.Key, thing.User.Name})
		}
	}
	return s.end(c)
}

// splitter makes deltas of one change: each speaks of the jobs of one owner and is bounded in bytes.
type splitter struct {
	deltas []Delta
	bytes  int
}

func (s *splitter) job(j job.Job, owner UserName, scheduled int) {
	size := Size(j)
	last := len(s.deltas) - 1
	if last < 0 || len(s.deltas[last].Jobs) == 0 || s.deltas[last].Jobs[0].UserID != j.UserID || s.bytes+size > maxDeltaBytes {
		s.deltas, s.bytes = append(s.deltas, Delta{}), 0
		last++
	}
	d := &s.deltas[last]
	d.Jobs, d.ScheduledTotal, d.Names = append(d.Jobs, j), scheduled, []UserName{owner}
	s.bytes += size
}

func (s *splitter) name(u UserName) { s.deltas = append(s.deltas, Delta{Names: []UserName{u}}) }

// end gives the deltas their revisions: who has the last has all of them, and stands at that of the change; before, where
// the change began. A change that shows nothing is a delta of its own.
func (s *splitter) end(c store.Change) []Delta {
	if len(s.deltas) == 0 {
		s.deltas = []Delta{{}}
	}
	for i := range s.deltas {
		s.deltas[i].Revision = c.After
	}
	s.deltas[len(s.deltas)-1].Revision = c.Revision
	return s.deltas
}
