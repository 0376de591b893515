package booking_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

var chosenSeed = flag.Uint64("booking.seed", 0, "of the requests of TestBookingOverLanesIsLinearizable; 0: a new one")

// speeds are the lengths of slots by worker and prompt: their ends fall on, and one before, the moments that are asked for.
var speeds = map[string]map[string]int64{
	"a": {"a short": 299, "a long": 700},
	"b": {"a short": 299, "a long": 499},
	"c": {"a short": 400, "a long": 600},
}

// order is the one of the configuration.
var order = []string{"a", "b", "c"}

type bySpeed struct{}

// Estimate implements estimate.Estimator.
func (bySpeed) Estimate(worker, _ string, inputs workflow.Values) (estimate.Length, bool) {
	slot := speeds[worker][inputs.Prompt()]
	return estimate.Length{Expected: slot, Slot: slot}, true
}

// booked is a job of the sequential rule.
type booked struct {
	id, worker, prompt string
	start, version     int64
	pinned, cancelled  bool
}

func (b booked) end() int64 { return b.start + speeds[b.worker][b.prompt] }

// plan is the whole state of the sequential rule. It is never changed, only copied.
type plan []booked

// blocker is the earliest job on a worker that has a moment in common with a closed interval.
func (p plan) blocker(worker string, start, end int64, except string) (found booked, blocked bool) {
	for _, b := range p {
		if b.worker == worker && b.id != except && !b.cancelled && start <= b.end() && end >= b.start && (!blocked || b.start < found.start) {
			found, blocked = b, true
		}
	}
	return found, blocked
}

func (p plan) nextFree(worker, prompt string, from int64, except string) int64 {
	for {
		b, blocked := p.blocker(worker, from, from+speeds[worker][prompt], except)
		if !blocked {
			return from
		}
		from = b.end() + 1
	}
}

// want is a request, and got its answer.
type want struct {
	verb    string // book, move, cancel
	id      string
	version int64  // that a move expects
	worker  string // that is named; empty: none
	prompt  string // of a booking
	exact   bool
	moment  int64
}

type got struct {
	err        string // "", "conflict", "stale", "cancelled"
	job        booked
	blocking   string // of a conflict
	next       int64
	nextWorker string
}

// place is the rule for where a job goes, on some workers in their order: where it ends first, of several the first one. Without a place
// it gives the answer that says why.
func (p plan) place(w want, prompt string, workers []string) (worker string, start int64, refused *got) {
	best := int64(-1)
	for _, on := range workers {
		at := w.moment
		if w.exact {
			if _, blocked := p.blocker(on, at, at+speeds[on][prompt], w.id); blocked {
				continue
			}
		} else {
			at = p.nextFree(on, prompt, at, w.id)
		}
		if end := at + speeds[on][prompt]; best < 0 || end < best {
			worker, start, best = on, at, end
		}
	}
	if best >= 0 {
		return worker, start, nil
	}
	in, _ := p.blocker(workers[0], w.moment, w.moment+speeds[workers[0]][prompt], w.id)
	refused = &got{err: "conflict", blocking: in.id, next: -1}
	for _, on := range workers {
		if next := p.nextFree(on, prompt, w.moment, w.id); refused.next < 0 || next < refused.next {
			refused.next, refused.nextWorker = next, on
		}
	}
	return "", 0, refused
}

// step is the sequential rule: whether the answer is right in that state, and the state after it.
func step(state, input, output any) (bool, any) {
	p, w, g := state.(plan), input.(want), output.(got)
	if w.verb == "book" {
		workers := order
		if w.worker != "" {
			workers = []string{w.worker}
		}
		worker, start, refused := p.place(w, w.prompt, workers)
		if refused != nil {
			return g == *refused, p
		}
		should := booked{id: g.job.id, worker: worker, prompt: w.prompt, start: start, version: 1, pinned: w.worker != ""}
		return g.err == "" && g.job == should, append(slices.Clone(p), should)
	}
	i := slices.IndexFunc(p, func(b booked) bool { return b.id == w.id })
	if i < 0 {
		return false, p
	}
	after, was := slices.Clone(p), p[i]
	switch {
	case w.verb == "cancel":
		if !was.cancelled {
			after[i].cancelled = true
			after[i].version++
		}
		return g.err == "" && g.job == after[i], after
	case was.version != w.version:
		return g.err == "stale", p
	case was.cancelled:
		return g.err == "cancelled", p
	}
	worker, start, refused := p.move(w, was)
	if refused != nil {
		return g == *refused, p
	}
	after[i].worker, after[i].start, after[i].pinned = worker, start, was.pinned || w.worker != ""
	after[i].version = g.job.version // how far it rises is not the rule's, that it does is
	return g.err == "" && g.job == after[i] && g.job.version > w.version, after
}

// move is the rule for a job that is moved: to the worker that is named now or was before, else to any, with its own first, and for an
// exact start before all others.
func (p plan) move(w want, was booked) (worker string, start int64, refused *got) {
	switch own := []string{was.worker}; {
	case w.worker != "":
		return p.place(w, was.prompt, []string{w.worker})
	case was.pinned:
		return p.place(w, was.prompt, own)
	case w.exact:
		if worker, start, refused = p.place(w, was.prompt, own); refused == nil {
			return worker, start, nil
		}
		fallthrough
	default:
		return p.place(w, was.prompt, append(own, slices.DeleteFunc(slices.Clone(order), func(o string) bool { return o == was.worker })...))
	}
}

var rule = porcupine.Model{
	Init: func() any { return plan(nil) },
	Step: step,
	Equal: func(a, b any) bool {
		byID := func(x, y booked) int {
			if x.id < y.id {
				return -1
			}
			return 1
		}
		return slices.Equal(slices.SortedFunc(slices.Values(a.(plan)), byID), slices.SortedFunc(slices.Values(b.(plan)), byID))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// counter is a desk with three workers, and what its customers know of its jobs.
type counter struct {
	*desk
	mu    sync.Mutex
	known []booked
}

func openCounter(t *testing.T) *counter {
	d := open(t, t.TempDir())
	d.offer(order...)
	c := d.Config
	c.Estimator = bySpeed{}
	c.Now = func() time.Time { return time.UnixMilli(0) }
	d.Service = booking.New(c)
	return &counter{desk: d}
}

// draw makes a random request.
func (c *counter) draw(rng *rand.Rand) want {
	w := want{
		verb:   "book",
		exact:  rng.IntN(2) == 0,
		moment: 100 * int64(rng.IntN(30)),
		prompt: []string{"a short", "a long"}[rng.IntN(2)],
	}
	if n := rng.IntN(6); n < len(order) {
		w.worker = order[n]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if dice := rng.Float64(); dice > 0.5 && len(c.known) > 0 {
		of := c.known[len(c.known)-1-rng.IntN(min(len(c.known), 12))]
		w.verb, w.id, w.version, w.prompt = "move", of.id, of.version, ""
		if dice > 0.8 {
			w = want{verb: "cancel", id: of.id}
		}
	}
	return w
}

func (c *counter) grant(ctx context.Context, w want) (booking.Changed, error) {
	when := booking.When{Exact: w.exact, Moment: w.moment}
	switch w.verb {
	case "book":
		return c.Book(ctx, c.ada, booking.Request{When: when, Worker: w.worker, Inputs: workflow.Values{"prompt": workflow.Text(w.prompt)}})
	case "move":
		return c.Edit(ctx, c.ada, w.id, booking.Edit{Version: w.version, Move: &when, Worker: w.worker})
	}
	return c.Cancel(ctx, c.ada, w.id, 0)
}

// answer is an answer in the words of the rule. An error that the rule does not know is returned.
func (c *counter) answer(j job.Job, err error) (got, error) {
	refused, _ := fault.Of(err)
	switch {
	case fault.Is(err, fault.SlotTaken):
		conflict, _ := fault.ConflictOf(err)
		return got{err: "conflict", blocking: conflict.JobID, next: conflict.NextFree, nextWorker: conflict.NextFreeWorker}, nil
	case fault.Is(err, fault.StaleVersion):
		return got{err: "stale"}, nil
	case fault.Is(err, fault.WrongStatus):
		return got{err: refused.Metadata["status"]}, nil
	case err != nil:
		return got{}, err
	}
	b := booked{
		id:        j.ID,
		worker:    j.Worker,
		prompt:    j.Inputs.Prompt(),
		start:     j.Start,
		version:   j.Version,
		pinned:    j.Pinned,
		cancelled: j.Status == job.Cancelled,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = append(slices.DeleteFunc(c.known, func(k booked) bool { return k.id == b.id }), b)
	return got{job: b}, nil
}

// Of concurrent bookings, moves and cancels over several lanes there is always an order in which the sequential rule gives the same
// answers: no overlap on a lane, strictly the earliest end of all, and a refusal with what is in the way and the earliest start of all.
func TestBookingOverLanesIsLinearizable(t *testing.T) {
	const rounds, clients, each = 8, 6, 30
	seed := *chosenSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d: go test ./server/internal/booking -run TestBookingOverLanesIsLinearizable -booking.seed=%[1]d", seed)
	kinds := map[string]int{}
	for round := range uint64(rounds) {
		c, began := openCounter(t), time.Now()
		var mu sync.Mutex
		var history []porcupine.Operation
		var group sync.WaitGroup
		for client := range clients {
			rng := rand.New(rand.NewPCG(seed, round<<8|uint64(client)))
			group.Go(func() {
				for range each {
					w := c.draw(rng)
					o := porcupine.Operation{ClientId: client, Input: w, Call: time.Since(began).Nanoseconds()}
					j, err := c.grant(t.Context(), w)
					o.Return = time.Since(began).Nanoseconds()
					answer, err := c.answer(j.Job, err)
					if err != nil {
						t.Errorf("%+v: %v", w, err)
						return
					}
					o.Output = answer
					mu.Lock()
					history = append(history, o)
					kinds[w.verb+" "+answer.err]++
					mu.Unlock()
				}
			})
		}
		group.Wait()
		if result, _ := porcupine.CheckOperationsVerbose(rule, history, time.Minute); result != porcupine.Ok {
			for _, o := range history {
				t.Logf("%d: %d-%d %s", o.ClientId, o.Call, o.Return, rule.DescribeOperation(o.Input, o.Output))
			}
			t.Fatalf("round %d is not linearizable: %v", round, result)
		}
	}
	t.Logf("%d operations: %v", rounds*clients*each, kinds)
}

// The rule tells a wrong answer from a right one.
func TestTheRuleOfLanesSeesAWrongAnswer(t *testing.T) {
	long := want{verb: "book", prompt: "a long", moment: 100}
	at := func(id, worker string, start int64) got {
		return got{job: booked{id: id, worker: worker, prompt: "a long", start: start, version: 1}}
	}
	exactly := long
	exactly.exact = true
	full := []got{at("1", "b", 100), at("2", "c", 100), at("3", "a", 100)}
	then := func(g got) []got { return append(slices.Clone(full), g) }
	refused := func(by string, next int64, worker string) got {
		return got{err: "conflict", blocking: by, next: next, nextWorker: worker}
	}
	for name, tc := range map[string]struct {
		want  want // again and again
		gots  []got
		right bool
	}{
		"where they end first":      {long, full, true},
		"where one ends later":      {long, []got{full[0], at("2", "a", 100)}, false},
		"one upon the other":        {long, []got{full[0], at("2", "b", 100)}, false},
		"touching the one before":   {long, then(at("4", "b", 599)), false},
		"behind the one that ends":  {long, then(at("4", "b", 600)), true},
		"refused while one is free": {exactly, []got{full[0], refused("1", 600, "b")}, false},
		"the earliest start of all": {exactly, then(refused("3", 600, "b")), true},
		"not the earliest start":    {exactly, then(refused("3", 701, "c")), false},
		"something else in the way": {exactly, then(refused("1", 600, "b")), false},
	} {
		state, right := any(plan(nil)), true
		for _, g := range tc.gots {
			var ok bool
			ok, state = step(state, tc.want, g)
			right = right && ok
		}
		if right != tc.right {
			t.Errorf("%s: right is %v", name, right)
		}
	}
}
