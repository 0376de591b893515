package dispatch

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	forwardStep = 200 // movable jobs that are looked at before the loop looks after its starts again
	forwardRead = 20  // of which so many may have to be read
	// maxLengths bounds what is remembered of jobs that did not fit.
	maxLengths = 20_000
)

// forward is the search for a job that may start earlier than its slot on a worker that is idle: in the order of the promised
// starts, a step at a time. What was looked at and did not fit is not looked at again before there is more room: time only takes
// some away. So an idle worker costs next to nothing, however many jobs wait elsewhere.
type forward struct {
	behind  store.Cursor      // jobs up to here do not fit
	room    room              // in which they did not
	began   time.Time         // of the search
	hold    time.Time         // move nothing before, after the disk did not take a move
	lengths map[string]length // of jobs on this worker, by id
}

// length keeps what a job takes on this worker.
type length struct {
	version int64 // of the job
	slot    int64 // milliseconds; 0: it cannot run here
}

// room bounds a job that starts now: by the first bookings, of which one may be its own, and the pause.
type room struct {
	first, second schedule.Booking
	pause         schedule.Slot
}

// until is the last moment that a job may take.
func (r room) until(id string) int64 {
	end := r.first
	if end.ID == id {
		end = r.second
	}
	last := int64(math.MaxInt64)
	if end.ID != "" {
		last = end.Slot.Start - 1
	}
	if r.pause.End > 0 {
		last = min(last, r.pause.Start-1)
	}
	return last
}

// holds reports whether a slot that begins now fits.
func (r room) holds(id string, now, slot int64) bool { return now+slot <= r.until(id) }

// moveForward starts the movable job with the first promised start that fits before the next slot or pause, if the worker is idle,
// and reports whether there is more to do at once.
func (d *Dispatcher) moveForward(ctx context.Context) (again bool) {
	if d.current != nil || time.Until(d.hold) > 0 || time.Until(d.forward.hold) > 0 {
		return false
	}
	now := d.Now().UnixMilli()
	here, err := d.roomAt(ctx, now)
	if err != nil {
		d.Log.Error("cannot look for room on the timeline", "worker", d.Worker, "err", err)
		return false
	}
	d.searchFrom(here)
	if here.until("") <= now {
		return false
	}
	jobs, err := d.Store.Movable(ctx, d.Worker, d.forward.behind, forwardStep)
	if err != nil {
		d.Log.Error("cannot look for jobs that may start earlier", "worker", d.Worker, "err", err)
		return false
	}
	reads := 0
	for _, m := range jobs {
		if reads == forwardRead {
			return true
		}
		slot, read := d.lengthHere(ctx, m)
		if read {
			reads++
		}
		if slot > 0 && here.holds(m.ID, now, slot) {
			switch d.tryForward(ctx, m) {
			case notYet:
				return false
			case moved:
				return true
			}
		}
		d.forward.behind = m.Cursor()
	}
	return len(jobs) == forwardStep
}

// roomAt reads what bounds a job that starts now.
func (d *Dispatcher) roomAt(ctx context.Context, now int64) (here room, err error) {
	booked, err := d.Store.Booked(ctx, d.Worker, schedule.Slot{Start: now, End: math.MaxInt64}, 2)
	if err != nil {
		return room{}, err
	}
	if len(booked) > 0 {
		here.first = booked[0]
	}
	if len(booked) > 1 {
		here.second = booked[1]
	}
	d.bounds.Store(&[2]string{here.first.ID, here.second.ID})
	pause, planned, err := d.Store.Pause(ctx, d.Worker)
	if planned && pause.Slot.End >= now {
		here.pause = pause.Slot
	}
	if err != nil {
		return room{}, err
	}
	_, out, err := d.Store.Outage(ctx, d.Worker)
	if out {
		here.pause = schedule.Slot{Start: now, End: math.MaxInt64}
	}
	return here, err
}

// searchFrom has the search go on where it was, or begin again: when the room is another one, when jobs are new or have changed, and
// now and then, because lengths are learned and workflows come and go.
func (d *Dispatcher) searchFrom(here room) {
	f := &d.forward
	if f.lengths == nil || time.Since(f.began) > sweepEvery || len(f.lengths) > maxLengths {
		*f = forward{room: here, began: time.Now(), hold: f.hold, lengths: map[string]length{}}
	}
	if f.room != here {
		f.room, f.behind = here, store.Cursor{}
	}
	if news := d.takeNews(); news != nil && before(*news, f.behind) {
		f.behind = store.Cursor{Start: news.Start, ID: ""}
	}
}

func before(a, b store.Cursor) bool {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) <= 0
}

// takeNews returns the first of the movable jobs that are new, or have changed, since it was asked last.
func (d *Dispatcher) takeNews() *store.Cursor { return d.news.Swap(nil) }

// noteMovable takes in a job that may start earlier, and wakes the loop if the worker is idle.
func (d *Dispatcher) noteMovable(j *job.Job) {
	at := &store.Cursor{Start: j.PromisedStart(), ID: j.ID}
	for {
		known := d.news.Load()
		if known != nil && before(*known, *at) || d.news.CompareAndSwap(known, at) {
			break
		}
	}
	d.wakeIdle()
}

// bounded reports whether a booking was one of those that bound the room for a job that starts now.
func (d *Dispatcher) bounded(id string) bool {
	bounds := d.bounds.Load()
	return bounds != nil && (bounds[0] == id || bounds[1] == id)
}

// wakeIdle has the loop look what can start if nothing runs.
func (d *Dispatcher) wakeIdle() {
	if !d.busy.Load() {
		d.rouse()
	}
}

// lengthHere returns how long the slot of a job would be on this worker, 0 when it cannot run here, and whether it had to be read.
func (d *Dispatcher) lengthHere(ctx context.Context, m store.Movable) (slot int64, read bool) {
	known, is := d.forward.lengths[m.ID]
	if is && known.version == m.Version {
		return known.slot, false
	}
	known = length{version: m.Version}
	j, err := d.Store.Job(ctx, m.ID)
	if err == nil && j.Version == m.Version {
		if c, can := d.Workers.On(d.Worker, j); can {
			known.slot = c.Slot
		}
	}
	d.forward.lengths[m.ID] = known
	return known.slot, true
}

// turn says what came of a job whose turn it was.
type turn int

const (
	passed turn = iota // it stays where it is: another one may have its turn
	notYet             // nothing can start at present
	moved              // it has started
)

// tryForward starts a job that fits.
func (d *Dispatcher) tryForward(ctx context.Context, m store.Movable) turn {
	j, err := d.Store.Job(ctx, m.ID)
	if err != nil || j.Version != m.Version || !d.mayPull(j, d.Now().UnixMilli()) {
		return passed
	}
	c, can := d.Workers.On(d.Worker, j)
	if !can {
		return passed
	}
	if ready, _ := d.Runner.Ready(ctx); !ready {
		return notYet
	}
	if !d.Runner.HasFiles(ctx, j) {
		d.forward.began = time.Time{} // to be asked for again at the next look
		return passed
	}
	d.Runner.Prepare(ctx, j)
	claimed, took, err := d.claimForward(ctx, j, c)
	switch {
	case err != nil:
		d.forward.hold = time.Now().Add(pollInterval)
		return notYet
	case !took:
		return passed
	}
	d.Log.Info("job moved forward", "worker", d.Worker, "job", j.ID, "from", j.Worker, "by_ms", claimed.MovedForward())
	if j.Delay != nil {
		d.waiting[j.ID] = j.Delay.Reason // it was late, and that is why
	}
	d.begin(ctx, claimed)
	return moved
}

// mayPull reports whether a job is to start before its slot: one whose slot has begun is late, and the business of its own worker,
// unless that has said why it waits. What a wrong clock has displaced is moved back to where it was.
func (d *Dispatcher) mayPull(j job.Job, now int64) bool {
	if d.isDisplaced(j) {
		return false
	}
	return j.Start > now || j.Worker != d.Worker && j.Delay != nil && j.Delay.Kind == job.Late
}

// claimForward takes a job to this worker and claims it, in one update: of several workers that want it one gets it.
func (d *Dispatcher) claimForward(ctx context.Context, known job.Job, c placement.Candidate) (claimed job.Job, took bool, err error) {
	claimed, err = d.update(ctx, known, func(ctx context.Context, tx store.Tx, j *job.Job) (bool, error) {
		took = false
		moment := d.Now().UnixMilli()
		if j.Version != known.Version || !j.IsMovable() || !d.mayPull(*j, moment) { // the clock may have been set since it was looked at
			return false, nil
		}
		if _, runs, err := tx.RunsUntil(ctx, d.Worker, ""); err != nil || runs {
			return false, err
		}
		if _, out, err := tx.Outage(ctx, d.Worker); err != nil || out {
			return false, err
		}
		now := placement.Wish{Candidates: []placement.Candidate{c}, Exact: true, Moment: moment, JobID: j.ID}
		place, err := d.Workers.Place(ctx, tx, now)
		if fault.Is(err, fault.SlotTaken) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		j.MoveForward(place)
		j.StartProcessing()
		took = true
		return true, nil
	})
	return claimed, took, err
}
