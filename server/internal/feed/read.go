package feed

// Cursor marks how far a reader has read. The zero Cursor has read nothing.
type Cursor struct {
	Revision Revision
	told     int64 // changes told, those of what is not kept among them; 0: only the revision is known
	tick     int64 // of the latest progress
}

// News holds all that a reader has not seen: a snapshot, or deltas in their order; and progress, each rendered as a delta.
type News[V any] struct {
	Snapshot *Snapshot
	Deltas   []V
	Progress []V
	Next     Cursor
	// More is closed when there is more to read after Next.
	More <-chan struct{}
}

// Empty reports whether there is nothing new.
func (n News[V]) Empty() bool {
	return n.Snapshot == nil && len(n.Deltas) == 0 && len(n.Progress) == 0
}

// maxDeltas bounds the deltas of one read: a reader further behind is better served by a snapshot.
const maxDeltas = 1000

// Read gives what happened after the cursor. A cursor of another epoch, from the future, or too far behind gives a
// snapshot.
func (f *Feed[V]) Read(after Cursor) News[V] {
	f.mu.RLock()
	defer f.mu.RUnlock()
	news := News[V]{Next: f.cursor(), More: f.changed}
	known := after.Revision.Epoch == f.at.Epoch && after.Revision.Number <= f.at.Number && (after.told > 0 || after.Revision != Revision{})
	if known {
		news.Deltas, known = f.after(after)
	}
	if !known || len(news.Deltas) > maxDeltas {
		news.Deltas, news.Snapshot = nil, f.snapshot()
		return news
	}
	for _, p := range f.progress {
		if p.tick > after.tick {
			news.Progress = append(news.Progress, p.rendered)
		}
	}
	return news
}

// cursor is that of who has read everything. The caller holds the lock.
func (f *Feed[V]) cursor() Cursor { return Cursor{f.at, f.told, f.ticks} }

// after gives the changes after a cursor of this epoch. The caller holds the lock.
func (f *Feed[V]) after(c Cursor) ([]V, bool) {
	if c.told == 0 {
		return f.history.since(c.Revision.Number)
	}
	return f.history.latest(f.told - c.told)
}

// Snapshot is the state as it is now. It is shared and must not be changed.
func (f *Feed[V]) Snapshot() *Snapshot {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.snapshot()
}

// snapshot is made once for all who ask before the next change. The caller holds the lock.
func (f *Feed[V]) snapshot() *Snapshot {
	if s := f.latest.Load(); s != nil && s.told == f.told && s.tick == f.ticks {
		return s
	}
	s := &Snapshot{
		Revision:       f.at,
		System:         f.system,
		Workflows:      f.workflows,
		ScheduledTotal: f.jobs.scheduled(),
		Presence:       f.presence.count(),
		told:           f.told,
		tick:           f.ticks,
	}
	s.Jobs, s.ScheduledUntil = f.jobs.list()
	s.Connections, s.Own = f.presence.view()
	for _, p := range f.progress {
		s.Progress = append(s.Progress, p.Progress)
	}
	s.Names = f.names.list(s.Jobs, s.Connections, s.Own)
	f.latest.Store(s)
	return s
}
