package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// act is one thing that happens to several lanes.
type act struct {
	What   string // "exact", "next", "wait", "cancel", "pause", "resume", "down", "up"
	Lane   int
	Pinned bool
	Fixed  bool  // of next: it keeps its slot
	By     int64 // milliseconds: until the start, of the wait
	For    int64 // milliseconds of the slot
	Takes  int64 // hundredths of the slot
	Fails  bool
}

func acts(troubled bool) func(*rapid.T) act {
	what := []string{"exact", "next", "next", "next", "wait", "wait", "cancel"}
	most := int64(100)
	if troubled {
		what, most = append(what, "pause", "resume", "down", "up"), 250
	}
	return func(t *rapid.T) act {
		return act{
			What:   rapid.SampledFrom(what).Draw(t, "what"),
			Lane:   rapid.IntRange(0, 3).Draw(t, "lane"),
			Pinned: rapid.Bool().Draw(t, "pinned"),
			Fixed:  rapid.IntRange(0, 3).Draw(t, "fixed") == 0,
			By:     rapid.Int64Range(0, 40*second).Draw(t, "in"),
			For:    rapid.Int64Range(500, 30*second).Draw(t, "for"),
			Takes:  rapid.Int64Range(10, most).Draw(t, "takes"),
			Fails:  rapid.IntRange(0, 4).Draw(t, "fails") == 0,
		}
	}
}

// promises holds several lanes to what was promised.
type promises struct {
	*bench
	names lanes

	mu       sync.Mutex
	troubled bool
	takes    map[string]int64 // hundredths of the slot, by job
	fails    map[string]bool
	booked   map[string]job.Job // as they were booked
	order    []string
	started  map[string]int
	wrong    []string
}

func (p *promises) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// begins is called at each start.
func (p *promises) begins(worker string, j job.Job) time.Duration {
	now := p.millis()
	p.mu.Lock()
	p.started[j.ID]++
	booked, takes, times := p.booked[j.ID], p.takes[j.ID], p.started[j.ID]
	p.mu.Unlock()
	switch {
	case times > 1:
		p.say("%s started %d times", j.ID, times)
	case j.Worker != worker || booked.Pinned && worker != booked.Worker:
		p.say("%s is pinned to %s and started on %s", j.ID, booked.Worker, worker)
	case !booked.IsMovable() && now < booked.Start:
		p.say("an exact job started %d ms before its slot", booked.Start-now)
	case !p.troubled && now > booked.Start+2:
		p.say("%s started %d ms after it was promised, and nothing explains that: %+v", j.ID, now-booked.Start, j.Delay)
	case !j.Slot().Contains(now):
		p.say("%s started at %d, its slot is %+v", j.ID, now, j.Slot())
	}
	return time.Duration(j.Duration*takes/100) * time.Millisecond
}

// idles looks for a lane that is idle while a job could run there.
func (p *promises) idles() {
	active, err := p.store.ActiveJobs(p.t.Context())
	if err != nil {
		p.say("%v", err)
		return
	}
	now := p.millis()
	for _, worker := range p.names {
		if p.isBusy(worker, active, now) {
			continue
		}
		for _, j := range active {
			if !j.IsMovable() || j.Start <= now || j.Pinned && j.Worker != worker {
				continue
			}
			if p.hasRoom(worker, active, j.ID, schedule.NewSlot(now, int64(j.Inputs["slot"].(workflow.Integer)))) {
				p.say("%s is idle at %d, and %s would fit: it starts %d ms later on %s", worker, now, j.ID, j.Start-now, j.Worker)
			}
		}
	}
}

func (p *promises) isBusy(worker string, active []job.Job, now int64) bool {
	if ready, _ := p.gpus[worker].Ready(p.t.Context()); !ready {
		return true
	}
	for _, j := range active {
		if j.Worker == worker && (j.Status == job.Processing || j.Start <= now+200) { // it runs, is due, or overdue
			return true
		}
	}
	return false
}

func (p *promises) hasRoom(worker string, active []job.Job, except string, slot schedule.Slot) bool {
	for _, j := range active {
		if j.Worker == worker && j.ID != except && j.Slot().Overlaps(slot) {
			return false
		}
	}
	pause, planned, err := p.store.Pause(p.t.Context(), worker)
	return err == nil && !(planned && pause.Slot.Overlaps(slot))
}

// book books as package booking does.
func (p *promises) book(a act) {
	worker := p.names[a.Lane%len(p.names)]
	now := p.millis()
	j := p.newJob(0, a.For)
	j.Inputs = workflow.Values{"slot": workflow.Integer(a.For)}
	j.Pinned, j.Sooner = a.Pinned, a.What == "next" && !a.Fixed
	length := estimate.Length{Expected: a.For * 9 / 10, Slot: a.For}
	var all []placement.Candidate
	for _, name := range p.names {
		if !a.Pinned || name == worker {
			all = append(all, placement.Candidate{Worker: name, Length: length})
		}
	}
	wish := placement.Wish{Candidates: all, Moment: now}
	if a.What == "exact" {
		wish.Exact, wish.Moment = true, now+a.By
	}
	p.mu.Lock()
	p.takes[j.ID], p.fails[j.ID] = a.Takes, a.Fails
	p.mu.Unlock()
	_, err := p.store.Update(p.t.Context(), func(ctx context.Context, tx store.Tx) error {
		place, err := (*placement.Workers)(nil).Place(ctx, tx, wish)
		if err != nil {
			return err
		}
		j.MoveTo(place)
		p.mu.Lock() // it may start before the update returns
		p.booked[j.ID] = j
		p.mu.Unlock()
		return tx.InsertJob(ctx, j)
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		delete(p.booked, j.ID)
		return
	}
	p.order = append(p.order, j.ID)
}

func (p *promises) play(story []act) {
	for _, a := range story {
		synctest.Wait()
		switch worker := p.names[a.Lane%len(p.names)]; a.What {
		case "exact", "next":
			p.book(a)
		case "wait":
			for end := time.Now().Add(time.Duration(a.By) * time.Millisecond); time.Now().Before(end); {
				time.Sleep(1700 * time.Millisecond)
				synctest.Wait()
				if !p.troubled {
					p.idles()
				}
			}
		case "cancel":
			p.cancel(a)
		case "pause":
			pause := schedule.Pause{Worker: worker, Slot: schedule.NewSlot(p.millis()+a.By, a.For), UserID: p.user.ID}
			p.update(func(ctx context.Context, tx store.Tx) error {
				if inside, err := tx.Within(ctx, worker, pause.Slot, 1); err != nil || len(inside) > 0 {
					return err
				}
				return tx.PutPause(ctx, pause)
			})
		case "resume":
			p.update(func(ctx context.Context, tx store.Tx) error { return tx.DropPause(ctx, worker) })
		case "down":
			p.gpus[worker].setBusy("it is down")
		case "up":
			p.gpus[worker].setBusy("")
		}
	}
}

// cancel takes back one of the bookings that have not started.
func (p *promises) cancel(a act) {
	if len(p.order) == 0 {
		return
	}
	id := p.order[int(a.By)%len(p.order)]
	_, err := p.store.Update(p.t.Context(), func(ctx context.Context, tx store.Tx) error {
		j, err := tx.Job(ctx, id)
		if err != nil || j.Status != job.Scheduled {
			return err
		}
		return errors.Join(j.Cancel(p.millis()), tx.UpdateJob(ctx, j))
	})
	if err != nil {
		p.say("%v", err)
	}
}

// end waits until everything has run.
func (p *promises) end() {
	for _, name := range p.names {
		p.gpus[name].setBusy("")
	}
	for range 24 * 60 {
		if active, err := p.store.ActiveJobs(p.t.Context()); err == nil && len(active) == 0 {
			return
		}
		time.Sleep(time.Minute)
	}
	p.say("jobs are left")
}

// Whatever is booked on however many lanes, however runs end: exact bookings never move; nothing runs twice or where it is not pinned;
// while nothing overruns no job starts later than promised, whatever moves forward; and no lane is idle while a job would fit there.
func TestPromisesOverLanes(t *testing.T) {
	holdPromises(t, false)
}

// With overruns, pauses and workers that are down everything still runs once, in a slot of its own, and where it may.
func TestPromisesInTrouble(t *testing.T) {
	holdPromises(t, true)
}

func holdPromises(t *testing.T, troubled bool) {
	rapid.Check(t, func(rt *rapid.T) {
		names := lanes{"gpu", "two", "three", "four"}[:rapid.IntRange(1, 4).Draw(rt, "lanes")]
		story := rapid.SliceOfN(rapid.Custom(acts(troubled)), 5, 40).Draw(rt, "story")
		p := &promises{
			names:    names,
			troubled: troubled,
			takes:    map[string]int64{},
			fails:    map[string]bool{},
			booked:   map[string]job.Job{},
			started:  map[string]int{},
		}
		within(t, func(b *bench) {
			p.bench = b
			several(names[1:]...)(b)
			for _, name := range names {
				runs, is := b.gpus[name]
				if !is {
					runs = b.newGPU(name)
				}
				runs.setTakes(func(j job.Job) time.Duration { return p.begins(name, j) })
				runs.setEnds(func(j job.Job) dispatch.Outcome {
					p.mu.Lock()
					defer p.mu.Unlock()
					if p.fails[j.ID] {
						return dispatch.Outcome{Verdict: dispatch.Failed, Failure: job.Failure{Reason: job.Execution, Message: "as drawn"}}
					}
					return completes(j)
				})
			}
		}, func(*bench) {
			p.play(story)
			p.end()
		})
		for _, wrong := range p.wrong {
			rt.Error(wrong)
		}
	})
}
