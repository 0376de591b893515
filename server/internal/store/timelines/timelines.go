// Package timelines holds in memory what a store is asked on every booking and cannot ask its database in time: the slots
// that are taken on each worker, what runs there, the pauses, the time that each user has booked, and which requests are
// known. Any store can use it.
//
// A Set follows one writer. What was changed in it since Keep can be taken back, all of it or what came after a Mark.
package timelines

import (
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Set is the timelines of all workers, and what belongs to them. It is not safe for concurrent use; its reading methods are
// safe beside each other.
type Set struct {
	lines    map[string]*schedule.Timeline // by worker
	pauses   map[string]schedule.Pause     // by worker
	outages  map[string]schedule.Outage    // by worker
	requests map[requestKey]int64          // the numbers of the events that came of requests
	longest  int64                         // length of the longest slot there ever was, in milliseconds
	movable  movable
	runs     runs
	usage    *usage
	undos    []func()
}

// New makes an empty set.
func New() *Set {
	return &Set{
		lines:    map[string]*schedule.Timeline{},
		pauses:   map[string]schedule.Pause{},
		outages:  map[string]schedule.Outage{},
		requests: map[requestKey]int64{},
		movable:  newMovable(),
		runs:     newRuns(),
		usage:    newUsage(),
	}
}

// Mark is a place in what can be taken back.
func (s *Set) Mark() int { return len(s.undos) }

// Undo takes back what was changed after a mark; all that was changed since Keep for 0.
func (s *Set) Undo(mark int) {
	for i := len(s.undos) - 1; i >= mark; i-- {
		s.undos[i]()
	}
	clear(s.undos[mark:])
	s.undos = s.undos[:mark]
}

// Keep makes all that was changed stay.
func (s *Set) Keep() {
	clear(s.undos)
	s.undos = s.undos[:0]
}

// OnUndo has f called when what is changed now is taken back.
func (s *Set) OnUndo(f func()) { s.undos = append(s.undos, f) }

// line is the timeline of a worker to read; it must not be changed when there was none.
func (s *Set) line(worker string) *schedule.Timeline {
	if line, known := s.lines[worker]; known {
		return line
	}
	return &schedule.Timeline{}
}

func (s *Set) lineToChange(worker string) *schedule.Timeline {
	line, known := s.lines[worker]
	if !known {
		line = &schedule.Timeline{}
		s.lines[worker] = line
	}
	return line
}

// Blocking is the earliest booking of a worker that overlaps the slot, the one held by except left out, or its pause, whose
// id is store.PauseID.
func (s *Set) Blocking(worker string, slot schedule.Slot, except string) (id string, found bool) {
	booking, found := s.line(worker).Blocking(slot, except)
	return booking.ID, found
}

// Before is the last booking of a worker that starts before a moment, as schedule.Timeline.Before.
func (s *Set) Before(worker string, moment int64, except string) (schedule.Booking, bool) {
	return s.line(worker).Before(moment, except)
}

// Within lists the bookings of a worker that overlap the slot, as schedule.Timeline.Within.
func (s *Set) Within(worker string, slot schedule.Slot, limit int) []schedule.Booking {
	return s.line(worker).Within(slot, limit)
}

// NextFree is as schedule.Timeline.NextFree. It is for the writer: the timeline is changed for a moment.
func (s *Set) NextFree(worker string, from, duration int64, except string) int64 {
	return s.line(worker).NextFree(from, duration, except)
}

// Free lists free stretches of a worker, as schedule.Timeline.Free.
func (s *Set) Free(worker string, from, duration int64, limit int) []schedule.Gap {
	return s.line(worker).Free(from, duration, limit)
}

// Load takes a slot that is taken, wherever a pause is. It reports false when it overlaps another.
func (s *Set) Load(worker, id string, slot schedule.Slot) bool {
	line := s.lineToChange(worker)
	if !line.Add(id, slot) {
		return false
	}
	s.OnUndo(func() { line.Remove(id) })
	return true
}

// Take takes a slot for a booking. It reports false when that overlaps another, or a pause.
func (s *Set) Take(worker, id string, slot schedule.Slot) bool {
	return !s.line(worker).Closed(slot) && s.Load(worker, id, slot)
}

// Retake gives a booking a slot instead of whichever it had, also on another worker. It reports false when that overlaps
// another or, unless it is the slot that it had, a pause; the booking then holds none until that is taken back.
func (s *Set) Retake(worker, id string, slot schedule.Slot) bool {
	if held, is := s.line(worker).Slot(id); is && held == slot {
		return true
	}
	s.Release(id)
	return s.Take(worker, id, slot)
}

// Release frees whichever slot a booking has.
func (s *Set) Release(id string) {
	for _, line := range s.lines {
		if slot, held := line.Slot(id); held {
			line.Remove(id)
			s.OnUndo(func() { line.Add(id, slot) })
		}
	}
}

// Longest is the length of the longest slot there ever was, in milliseconds.
func (s *Set) Longest() int64 { return s.longest }

// NoteLength keeps the length of the longest slot, and reports whether this one is it.
func (s *Set) NoteLength(duration int64) bool {
	before := s.longest
	if duration <= before {
		return false
	}
	s.longest = duration
	s.OnUndo(func() { s.longest = before })
	return true
}

// Pause is the pause of a worker.
func (s *Set) Pause(worker string) (schedule.Pause, bool) {
	p, paused := s.pauses[worker]
	return p, paused
}

// Pauses lists all pauses, by worker.
func (s *Set) Pauses() []schedule.Pause {
	var all []schedule.Pause
	for _, p := range s.pauses {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b schedule.Pause) int { return strings.Compare(a.Worker, b.Worker) })
	return all
}

// PutPause closes a stretch of a worker's timeline instead of the one that was closed.
func (s *Set) PutPause(p schedule.Pause) {
	s.DropPause(p.Worker)
	line := s.lineToChange(p.Worker)
	line.Close(store.PauseID, p.Slot)
	s.pauses[p.Worker] = p
	s.OnUndo(func() {
		line.Open()
		delete(s.pauses, p.Worker)
	})
}

// DropPause opens the stretch of a worker's timeline that is closed, and reports whether there was one.
func (s *Set) DropPause(worker string) bool {
	before, paused := s.pauses[worker]
	if !paused {
		return false
	}
	line := s.lineToChange(worker)
	line.Open()
	delete(s.pauses, worker)
	s.OnUndo(func() {
		line.Close(store.PauseID, before.Slot)
		s.pauses[worker] = before
	})
	return true
}

// Rename changes the name of whoever made pauses, and gives these.
func (s *Set) Rename(userID, name string) (renamed []schedule.Pause) {
	for _, p := range s.Pauses() {
		if p.UserID != userID || p.UserName == name {
			continue
		}
		p.UserName = name
		s.PutPause(p)
		renamed = append(renamed, p)
	}
	return renamed
}

// Apply takes in what was committed elsewhere: jobs, pauses and outages. It stays.
func (s *Set) Apply(change store.Change) {
	for _, thing := range change.Things {
		if thing.Kind == store.JobKind {
			s.Release(thing.Key)
		}
	}
	for _, thing := range change.Things {
		if thing.Job != nil {
			s.NoteJob(*thing.Job, false)
		}
		switch {
		case thing.Kind == store.JobKind && thing.Job != nil && thing.Job.Status.Active():
			s.Load(thing.Job.Worker, thing.Key, thing.Job.Slot())
		case thing.Kind == store.PauseKind && thing.Pause != nil:
			s.PutPause(*thing.Pause)
		case thing.Kind == store.PauseKind:
			s.DropPause(thing.Key)
		case thing.Kind == store.WorkerKind && thing.Outage != nil:
			s.PutOutage(*thing.Outage)
		case thing.Kind == store.WorkerKind:
			s.DropOutage(thing.Key)
		}
	}
	s.Keep()
}
