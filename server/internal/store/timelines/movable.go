package timelines

import (
	"cmp"

	"github.com/tidwall/btree"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// movable holds the jobs that may start earlier than their slots, in the order in which they do. It is kept in memory, as the
// timelines are: a worker that is idle asks for it again and again, and an index in the database would be paid for by every booking.
type movable struct {
	jobs   map[string]store.Movable                // by id
	orders map[string]*btree.BTreeG[store.Movable] // by the worker that they are pinned to; "": to none
}

func newMovable() movable {
	return movable{jobs: map[string]store.Movable{}, orders: map[string]*btree.BTreeG[store.Movable]{}}
}

// byPromise orders jobs by the start that was promised.
func byPromise(a, b store.Movable) int {
	return cmp.Or(cmp.Compare(a.Promised, b.Promised), cmp.Compare(a.ID, b.ID))
}

func (m movable) put(j store.Movable) {
	m.drop(j.ID)
	order, known := m.orders[j.Pinned]
	if !known {
		less := func(a, b store.Movable) bool { return byPromise(a, b) < 0 }
		order = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		m.orders[j.Pinned] = order
	}
	order.Set(j)
	m.jobs[j.ID] = j
}

func (m movable) drop(id string) {
	if j, held := m.jobs[id]; held {
		m.orders[j.Pinned].Delete(j)
		delete(m.jobs, id)
	}
}

// restore makes a job as it was: known or not.
func (m movable) restore(id string, before store.Movable, held bool) {
	if held {
		m.put(before)
	} else {
		m.drop(id)
	}
}

// after lists the jobs of one order behind a place, at most limit.
func (m movable) after(pinned string, place store.Movable, limit int) (found []store.Movable) {
	order, known := m.orders[pinned]
	if !known {
		return nil
	}
	order.Ascend(place, func(j store.Movable) bool {
		if byPromise(j, place) > 0 {
			found = append(found, j)
		}
		return len(found) < limit
	})
	return found
}

// NoteJob takes in of a job that was written whether it runs, whether it may start earlier than its slot, and the time that it takes of
// its owner's. isNew: there was no such job before.
func (s *Set) NoteJob(j job.Job, isNew bool) {
	s.noteRun(j)
	s.noteMovable(j)
	s.noteUsage(j, isNew)
}

func (s *Set) noteMovable(j job.Job) {
	id := j.ID // a function that named the job would keep all of it
	before, held := s.movable.jobs[id]
	if !held && !j.IsMovable() {
		return
	}
	s.OnUndo(func() { s.movable.restore(id, before, held) })
	if !j.IsMovable() {
		s.movable.drop(id)
		return
	}
	now := store.Movable{ID: id, Version: j.Version, Worker: j.Worker, Promised: j.PromisedStart()}
	if j.Pinned {
		now.Pinned = j.Worker
	}
	s.movable.put(now)
}

// Movable lists jobs as store.Timelines.Movable.
func (s *Set) Movable(worker string, behind store.Cursor, limit int) []store.Movable {
	place := store.Movable{Promised: behind.Start, ID: behind.ID}
	own, free := s.movable.after(worker, place, limit), s.movable.after("", place, limit)
	if len(own) == 0 {
		return free
	}
	all := make([]store.Movable, 0, min(limit, len(own)+len(free)))
	for len(all) < limit && len(own)+len(free) > 0 {
		if len(free) == 0 || len(own) > 0 && byPromise(own[0], free[0]) < 0 {
			all, own = append(all, own[0]), own[1:]
		} else {
			all, free = append(all, free[0]), free[1:]
		}
	}
	return all
}
