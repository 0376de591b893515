package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// act is one thing that happens to several lanes.
type act struct {
	What   string // see play
	Lane   int
	Pinned bool
	Fixed  bool  // of next: it keeps its slot
	By     int64 // milliseconds: until the start, of the wait
	For    int64 // milliseconds of the slot
	Takes  int64 // hundredths of the slot
	Fails  bool
	Files  int64 // milliseconds until the files are there; 0: it takes none
	Count  int   // bookings, or cancellations; 0: one
}

func acts(troubled bool) func(*rapid.T) act {
	what := []string{"exact", "next", "next", "next", "next", "wait", "wait", "wait", "cancel", "cancel", "move", "move", "edit", "edit"}
	what = append(what, "learn")
	most := int64(100)
	if troubled {
		what, most = append(what, "pause", "resume", "resume", "down", "up", "up", "out", "back", "back"), 250
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
			Files:  rapid.SampledFrom([]int64{0, 0, 0, 3 * second}).Draw(t, "files"),
		}
	}
}

// promises holds several lanes to what was promised.
type promises struct {
	*bench
	names lanes

	mu       sync.Mutex
	fast     map[string]bool  // workers on which everything takes half as long
	out      map[string]bool  // workers out of service
	learned  map[string]int64 // when that changed last, by worker
	files    map[string]int64 // when they are there, by job
	ends     map[string]int64 // of the run under way, by worker
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

// Candidates implements placement.Offers.
func (p *promises) Candidates(id, worker string) ([]workflow.There, error) {
	all, err := p.names.Candidates(id, worker)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(all, func(there workflow.There) bool { return p.out[there.Worker] }), err
}

// On implements placement.Offers.
func (p *promises) On(string, string) (workflow.Offer, bool) { return workflow.Offer{}, false }

// Estimate implements estimate.Estimator.
func (p *promises) Estimate(worker, _ string, inputs workflow.Values) (estimate.Length, bool) {
	slot := int64(inputs["slot"].(workflow.Integer))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fast[worker] {
		slot /= 2
	}
	return estimate.Length{Expected: slot * 9 / 10, Slot: slot, Basis: estimate.Measured}, true
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
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ends[worker] = now + j.Duration*takes/100
	return time.Duration(j.Duration*takes/100) * time.Millisecond
}

// The times after which a search must have found what nobody tells of: files that have arrived, and lengths that were learned.
const (
	filesSeen  = 1100 // milliseconds
	lengthSeen = 16_500
)

// idles looks, when everything has come to rest, for a lane that is idle while a job could run there.
func (p *promises) idles(after string) {
	time.Sleep(time.Nanosecond) // what is to happen at once has happened then
	synctest.Wait()
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
			if !p.mayRun(worker, j, now) {
				continue
			}
			length, _ := p.Estimate(worker, "", j.Inputs)
			if p.hasRoom(worker, active, j.ID, schedule.NewSlot(now, length.Slot)) {
				p.say("after %s: %s is idle at %d, and %s would fit: it starts %d ms later on %s", after, worker, now, j.ID, j.Start-now, j.Worker)
			}
		}
	}
}

// mayRun reports whether a job may start on a lane now, wherever its slot is, and somebody must know that.
func (p *promises) mayRun(worker string, j job.Job, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	files := p.files[j.ID]
	return j.IsMovable() && j.Start > now && !(j.Pinned && j.Worker != worker) && (files == 0 || now > files+filesSeen)
}

func (p *promises) isBusy(worker string, active []job.Job, now int64) bool {
	p.mu.Lock()
	changes := p.learned[worker] != 0 && now < p.learned[worker]+lengthSeen
	p.mu.Unlock()
	if _, out, err := p.store.Outage(p.t.Context(), worker); err != nil || out || changes {
		return true
	}
	if ready, _ := p.gpus[worker].Ready(p.t.Context()); !ready {
		return true
	}
	for _, j := range active {
		if j.Worker == worker && (j.Status == job.Processing || j.Start <= now+300) { // it runs, is due, or overdue
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
	named := ""
	if a.Pinned {
		named = worker
	}
	all, _ := p.places.Candidates(named, "", j.Inputs)
	if len(all) == 0 {
		return
	}
	wish := placement.Wish{Candidates: all, Moment: now}
	if a.What == "exact" {
		wish.Exact, wish.Moment = true, now+a.By
	}
	p.mu.Lock()
	p.takes[j.ID], p.fails[j.ID] = a.Takes, a.Fails
	if a.Files > 0 {
		p.files[j.ID] = now + a.Files
	}
	p.mu.Unlock()
	_, err := p.store.Update(p.t.Context(), func(ctx context.Context, tx store.Tx) error {
		place, err := p.places.Place(ctx, tx, wish)
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
		switch a.What {
		case "exact", "next":
			for range max(1, a.Count) {
				p.book(a)
			}
		case "wait":
			p.wait(a)
		case "cancel":
			for i := range max(1, a.Count) {
				p.cancel(act{By: a.By + int64(i)})
			}
		case "move":
			p.move(a)
		case "edit":
			p.edit(a)
		case "learn":
			p.learn(p.names[a.Lane%len(p.names)])
		default:
			p.trouble(a, p.names[a.Lane%len(p.names)])
		}
		p.idles(a.What)
	}
}

// wait looks at every end of a run, and now and then between.
func (p *promises) wait(a act) {
	for end := p.millis() + a.By; p.millis() < end; p.idles("the end of a run, or a while") {
		now := p.millis()
		next := min(end, now+1700)
		p.mu.Lock()
		for _, at := range p.ends {
			if at > now {
				next = min(next, at)
			}
		}
		p.mu.Unlock()
		time.Sleep(time.Duration(next-now) * time.Millisecond)
	}
}

// learn has everything take half as long on a worker, or as long as before, without a word.
func (p *promises) learn(worker string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fast[worker] = !p.fast[worker]
	p.learned[worker] = time.Now().UnixMilli()
}

// trouble pauses a worker, takes it out of service, or has its ComfyUI go down, or ends that.
func (p *promises) trouble(a act, worker string) {
	switch a.What {
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
	case "out", "back":
		p.setOut(worker, a.What == "out" && len(p.names) > 1)
	case "down":
		p.gpus[worker].setBusy("it is down")
	case "up":
		p.gpus[worker].setBusy("")
	}
}

func (p *promises) setOut(worker string, out bool) {
	p.mu.Lock()
	p.out[worker] = out
	p.mu.Unlock()
	p.update(func(ctx context.Context, tx store.Tx) error {
		if out {
			return tx.PutOutage(ctx, schedule.Outage{Worker: worker, Since: p.millis()})
		}
		return tx.DropOutage(ctx, worker)
	})
}

// move books one of those that have not started for an exact start, on the worker that is named.
func (p *promises) move(a act) {
	p.mu.Lock()
	out := p.out[p.names[a.Lane%len(p.names)]]
	p.mu.Unlock()
	if len(p.order) == 0 || out {
		return
	}
	id, worker, now := p.order[int(a.For)%len(p.order)], p.names[a.Lane%len(p.names)], p.millis()
	_, err := p.store.Update(p.t.Context(), func(ctx context.Context, tx store.Tx) error {
		j, err := tx.Job(ctx, id)
		if err != nil || j.Status != job.Scheduled || j.Delay != nil || j.Start <= now+200 {
			return err
		}
		to, err := p.places.Candidates(worker, "", j.Inputs)
		if err != nil || len(to) == 0 {
			return err
		}
		was := j
		place, err := p.places.Place(ctx, tx, placement.Wish{Candidates: to, Exact: true, Moment: now + a.By, JobID: id})
		if err != nil {
			return err
		}
		j.MoveTo(place)
		j.Sooner, j.Pinned = false, true
		p.mu.Lock()
		p.booked[id] = j
		p.mu.Unlock()
		return p.places.Rewrite(ctx, tx, was, j)
	})
	if err != nil && !fault.Is(err, fault.SlotTaken) {
		p.say("move %s: %v", id, err)
	}
}

// edit halves what one of those takes that have not started, where it is.
func (p *promises) edit(a act) {
	if len(p.order) == 0 {
		return
	}
	id := p.order[int(a.By)%len(p.order)]
	p.update(func(ctx context.Context, tx store.Tx) error {
		j, err := tx.Job(ctx, id)
		if err != nil || j.Status != job.Scheduled || j.Start <= p.millis()+200 {
			return err
		}
		was := j
		j.Inputs = workflow.Values{"slot": j.Inputs["slot"].(workflow.Integer) / 2}
		place, err := p.places.Place(ctx, tx, placement.Wish{Candidates: p.places.Own(j), Exact: true, Moment: j.Start, JobID: id})
		if fault.Is(err, fault.SlotTaken) {
			return nil
		}
		if err != nil {
			return err
		}
		j.Resize(place)
		j.Edited()
		return p.places.Rewrite(ctx, tx, was, j)
	})
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
		p.setOut(name, false)
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

// Each story has a lane come free, or a job fit, in a way of its own: that nobody waits for a look is in the hands of what hears of it.
var stories = map[string]struct {
	lanes    int
	troubled bool
	acts     []act
}{
	"a job takes less than it did": {
		lanes: 1,
		acts: []act{
			{What: "exact", By: 10 * second, For: 5 * second, Takes: 90},
			{What: "exact", By: 16 * second, For: 5 * second, Takes: 90},
			{What: "next", For: 16 * second, Takes: 90},
			{What: "wait", By: second},
			{What: "edit", By: 2},
		},
	},
	"a job on another lane takes less than it did": {
		lanes: 2,
		acts: []act{
			{What: "exact", By: 10 * second, For: 60 * second, Takes: 90, Pinned: true, Lane: 0},
			{What: "exact", For: 20 * second, Takes: 90, Pinned: true, Lane: 1},
			{What: "next", For: 16 * second, Takes: 90},
			{What: "wait", By: second},
			{What: "edit", By: 2},
		},
	},
	"the slot before it is free": {
		lanes: 1,
		acts: []act{
			{What: "exact", By: 10 * second, For: 5 * second, Takes: 90},
			{What: "next", For: 16 * second, Takes: 90},
			{What: "wait", By: 3 * second},
			{What: "cancel", By: 0},
		},
	},
	"the slot behind it is free":                {lanes: 1, acts: outgrown(act{What: "cancel", By: 2})},
	"the slot behind it is on another lane now": {lanes: 2, acts: outgrown(act{What: "move", By: 60 * second, For: 2, Lane: 1})},
	"its files have come": {
		lanes: 1,
		acts: []act{
			{What: "exact", For: 10 * second, Takes: 20, Pinned: true},
			{What: "next", For: 3 * second, Takes: 90, Files: 5 * second},
			{What: "wait", By: 9 * second},
		},
	},
	"it was learned that it takes less": {
		lanes: 1,
		acts: []act{
			{What: "exact", By: 120 * second, For: 5 * second, Takes: 90},
			{What: "next", For: 200 * second, Takes: 90},
			{What: "wait", By: 3 * second},
			{What: "learn"},
			{What: "wait", By: 19 * second},
		},
	},
	"behind some that have to be read": {lanes: 1, acts: behindMany(25)},
	"behind more than one look is for": {lanes: 1, acts: behindMany(210)},
	"a pause ends": {
		lanes:    1,
		troubled: true,
		acts: []act{
			{What: "pause", By: 5 * second, For: 30 * second},
			{What: "next", For: 10 * second, Takes: 90},
			{What: "wait", By: 2 * second},
			{What: "resume"},
		},
	},
	"a worker is back in service": {
		lanes:    2,
		troubled: true,
		acts: []act{
			{What: "out", Lane: 0},
			{What: "next", For: 20 * second, Takes: 90},
			{What: "next", For: 20 * second, Takes: 90},
			{What: "wait", By: 2 * second},
			{What: "back", Lane: 0},
		},
	},
	"a ComfyUI is up": {
		lanes:    1,
		troubled: true,
		acts: []act{
			{What: "down"},
			{What: "exact", By: 20 * second, For: 5 * second, Takes: 90, Pinned: true},
			{What: "next", For: 30 * second, Takes: 90, Pinned: true},
			{What: "cancel", By: 0},
			{What: "wait", By: 2 * second},
			{What: "up"},
		},
	},
}

// outgrown is the story of a job that would start earlier if another one were not behind it, since it takes longer than it did.
func outgrown(then act) []act {
	return []act{
		{What: "learn"},
		{What: "exact", For: 80 * second, Takes: 70, Pinned: true},
		{What: "next", For: 32 * second, Takes: 90, Pinned: true},
		{What: "exact", By: 58 * second, For: 10 * second, Takes: 90, Pinned: true},
		{What: "learn"},
		{What: "wait", By: 29 * second},
		then,
	}
}

// behindMany is the story of a job that fits into a gap behind others that do not.
func behindMany(n int) []act {
	return []act{
		{What: "exact", For: 5 * second, Takes: 20},
		{What: "exact", By: 5001, For: 8 * second, Takes: 90},
		{What: "exact", By: 16 * second, For: 5 * second, Takes: 90},
		{What: "next", For: 20 * second, Takes: 90, Count: n},
		{What: "next", For: 9 * second, Takes: 90},
		{What: "wait", By: 2 * second},
		{What: "cancel", By: 1},
		{What: "cancel", By: 3, Count: n},
	}
}

func TestNoLaneIsIdleAfter(t *testing.T) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range playPromises(t, lanes{"gpu", "two"}[:s.lanes], s.acts, s.troubled) {
				t.Error(wrong)
			}
		})
	}
}

func holdPromises(t *testing.T, troubled bool) {
	rapid.Check(t, func(rt *rapid.T) {
		names := lanes{"gpu", "two", "three", "four"}[:rapid.IntRange(1, 4).Draw(rt, "lanes")]
		story := rapid.SliceOfN(rapid.Custom(acts(troubled)), 5, 40).Draw(rt, "story")
		for _, wrong := range playPromises(t, names, story, troubled) {
			rt.Error(wrong)
		}
	})
}

// playPromises plays a story on some lanes, and returns what went wrong.
func playPromises(t *testing.T, names lanes, story []act, troubled bool) []string {
	p := &promises{
		names:    names,
		troubled: troubled,
		takes:    map[string]int64{},
		fails:    map[string]bool{},
		booked:   map[string]job.Job{},
		started:  map[string]int{},
		fast:     map[string]bool{},
		out:      map[string]bool{},
		learned:  map[string]int64{},
		files:    map[string]int64{},
		ends:     map[string]int64{},
	}
	within(t, func(b *bench) {
		p.bench = b
		b.workers, b.places = names[1:], &placement.Workers{Offers: p, Estimator: p}
		for _, name := range names {
			runs, is := b.gpus[name]
			if !is {
				runs = b.newGPU(name)
			}
			runs.setTakes(func(j job.Job) time.Duration { return p.begins(name, j) })
			runs.files = func(j job.Job) bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return p.millis() >= p.files[j.ID]
			}
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
	return p.wrong
}
