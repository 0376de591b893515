package torture_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	domain "github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// taken is a slot of the sequential rule.
type taken struct {
	id              string
	version         int64
	start, duration int64
	cancelled       bool
}

// timeline is the whole state of the sequential rule. It is never changed, only copied.
type timeline []taken

// blocker is the earliest slot that has a moment in common with the closed interval [start, start+duration].
func (l timeline) blocker(start, duration int64, except string) (found taken, blocked bool) {
	for _, t := range l {
		if t.id != except && !t.cancelled && start <= t.start+t.duration && start+duration >= t.start && (!blocked || t.start < found.start) {
			found, blocked = t, true
		}
	}
	return found, blocked
}

func (l timeline) nextFree(from, duration int64, except string) int64 {
	for {
		b, blocked := l.blocker(from, duration, except)
		if !blocked {
			return from
		}
		from = b.start + b.duration + 1
	}
}

// wish is a request, and gain its answer.
type wish struct {
	verb     string // book, move, cancel
	id       string
	version  int64 // that a move expects
	exact    bool
	moment   int64
	duration int64 // of a booking
}

type gain struct {
	err      string // "", "conflict", "stale", "cancelled"
	job      taken
	blocking string // of a conflict
	nextFree int64
}

// step is the sequential rule: whether the answer is right in that state, and the state after it.
func step(state, input, output any) (bool, any) {
	l, w, g := state.(timeline), input.(wish), output.(gain)
	i := slices.IndexFunc(l, func(t taken) bool { return t.id == w.id })
	if i < 0 && w.id != "" {
		return false, l
	}
	switch w.verb {
	case "cancel":
		after := slices.Clone(l)
		if !l[i].cancelled {
			after[i].cancelled = true
			after[i].version++
		}
		return g.err == "" && g.job == after[i], after
	case "book":
		right, start := l.place(w, g, w.duration)
		if !right || g.err != "" {
			return right, l
		}
		after := append(slices.Clone(l), g.job)
		return g.job.start == start && g.job.duration == w.duration && g.job.version == 1, after
	default:
		switch {
		case l[i].version != w.version:
			return g.err == "stale", l
		case l[i].cancelled:
			return g.err == "cancelled", l
		}
		right, start := l.place(w, g, l[i].duration)
		if !right || g.err != "" {
			return right, l
		}
		after := slices.Clone(l)
		after[i].start = start
		after[i].version = g.job.version // how far it rises is not the rule's, that it does is
		return g.job == after[i] && g.job.version > w.version, after
	}
}

// place says whether a conflict or its absence is right, and where the slot goes.
func (l timeline) place(w wish, g gain, duration int64) (right bool, start int64) {
	next := l.nextFree(w.moment, duration, w.id)
	if !w.exact {
		return g.err == "", next
	}
	if b, blocked := l.blocker(w.moment, duration, w.id); blocked {
		return g.err == "conflict" && g.blocking == b.id && g.nextFree == next, 0
	}
	return g.err == "", w.moment
}

var rule = porcupine.Model{
	Init: func() any { return timeline(nil) },
	Step: step,
	Equal: func(a, b any) bool {
		order := func(x, y taken) int { return int(x.start - y.start) }
		return slices.Equal(slices.SortedFunc(slices.Values(a.(timeline)), order), slices.SortedFunc(slices.Values(b.(timeline)), order))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// offers are two workflows whose slots differ in length.
type offers map[string]int64

func (o offers) Offer(_ context.Context, id, _ string) (workflow.Offer, error) {
	return workflow.Unknown(id).On(nil), nil
}
func (o offers) Bookable(string) error                         { return nil }
func (o offers) Keep(context.Context, *workflow.Version) error { return nil }
func (o offers) On(string, string) (workflow.Offer, bool)      { return workflow.Offer{}, false }
func (o offers) Workers() []string                             { return []string{"gpu"} }
func (o offers) Candidates(string, string) ([]workflow.There, error) {
	return []workflow.There{{Worker: "gpu"}}, nil
}

// Estimate implements estimate.Estimator.
func (o offers) Estimate(_, id string, _ workflow.Values) (estimate.Length, bool) {
	return estimate.Length{Expected: o[id], Slot: o[id]}, true
}

// desk is the booking service on a real store, and what its customers know of its jobs.
type desk struct {
	*booking.Service
	offers offers
	user   account.Actor

	mu    sync.Mutex
	known []taken
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	// With these lengths the ends of slots fall on, and one before, the moments that are asked for.
	d := &desk{offers: offers{"short": 299, "long": 700}, user: account.Actor{User: account.User{ID: uuid.NewString(), Name: "Ada"}}}
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, d.user.User)
	}); err != nil {
		t.Fatal(err)
	}
	d.Service = booking.New(booking.Config{
		Store:     s,
		Offers:    d.offers,
		Estimator: d.offers,
		Now:       func() time.Time { return time.UnixMilli(0) },
	})
	return d
}

// ask makes a random request and gets its answer. Times are in nanoseconds since began.
func (d *desk) ask(ctx context.Context, rng *rand.Rand, client int, began time.Time) (porcupine.Operation, error) {
	w := wish{verb: "book", exact: rng.IntN(2) == 0, moment: 100 * int64(rng.IntN(60))}
	if dice := rng.Float64(); dice > 0.45 {
		d.mu.Lock()
		if len(d.known) > 0 {
			of := d.known[len(d.known)-1-rng.IntN(min(len(d.known), 12))]
			w.verb, w.id, w.version = "move", of.id, of.version
			if dice > 0.75 {
				w = wish{verb: "cancel", id: of.id}
			}
		}
		d.mu.Unlock()
	}
	name := []string{"short", "long"}[rng.IntN(2)]
	if w.verb == "book" {
		w.duration = d.offers[name]
	}
	o := porcupine.Operation{ClientId: client, Input: w, Call: time.Since(began).Nanoseconds()}
	j, err := d.grant(ctx, w, name)
	o.Return = time.Since(began).Nanoseconds()
	g, err := d.gained(j.Job, err)
	o.Output = g
	return o, err
}

func (d *desk) grant(ctx context.Context, w wish, name string) (booking.Changed, error) {
	when := booking.When{Exact: w.exact, Moment: w.moment}
	switch w.verb {
	case "book":
		return d.Book(ctx, d.user, booking.Request{When: when, Workflow: name})
	case "move":
		return d.Edit(ctx, d.user, w.id, booking.Edit{Version: w.version, Move: &when})
	default:
		return d.Cancel(ctx, d.user, w.id, 0)
	}
}

// gained is an answer in the words of the rule. An error that the rule does not know is returned.
func (d *desk) gained(j domain.Job, err error) (gain, error) {
	refused, _ := fault.Of(err)
	switch {
	case fault.Is(err, fault.SlotTaken):
		conflict, _ := fault.ConflictOf(err)
		return gain{err: "conflict", blocking: conflict.JobID, nextFree: conflict.NextFree}, nil
	case fault.Is(err, fault.StaleVersion):
		return gain{err: "stale"}, nil
	case fault.Is(err, fault.WrongStatus):
		return gain{err: refused.Metadata["status"]}, nil
	case err != nil:
		return gain{}, err
	}
	t := taken{id: j.ID, version: j.Version, start: j.Start, duration: j.Duration, cancelled: j.Status == domain.Cancelled}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known = append(slices.DeleteFunc(d.known, func(k taken) bool { return k.id == t.id }), t)
	return gain{job: t}, nil
}

// Of concurrent bookings, moves and cancels there is always an order in which the sequential rule of closed intervals
// gives the same answers: who wins, who is in the way, which start is free next.
func TestBookingIsLinearizable(t *testing.T) {
	const rounds, clients, each = 12, 6, 30
	seed := chosenSeed()
	t.Logf("seed %d: go test ./server/torture -run TestBookingIsLinearizable -torture.seed=%[1]d", seed)
	verbs := map[string]int{}
	for round := range uint64(rounds) {
		d, began := openDesk(t), time.Now()
		var mu sync.Mutex
		var history []porcupine.Operation
		var group sync.WaitGroup
		for client := range clients {
			rng := derive(seed, round<<8|uint64(client))
			group.Go(func() {
				for range each {
					o, err := d.ask(t.Context(), rng, client, began)
					if err != nil {
						t.Errorf("%+v: %v", o.Input, err)
						return
					}
					mu.Lock()
					history = append(history, o)
					verbs[o.Input.(wish).verb+" "+o.Output.(gain).err]++
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
	t.Logf("%d operations: %v", rounds*clients*each, verbs)
}

// The rule tells a wrong answer from a right one.
func TestLinearizabilityCheckSeesAWrongAnswer(t *testing.T) {
	book := func(id string, at, call, end int64) porcupine.Operation {
		return porcupine.Operation{
			Input:  wish{verb: "book", exact: true, moment: at, duration: 100},
			Call:   call,
			Output: gain{job: taken{id: id, version: 1, start: at, duration: 100}},
			Return: end,
		}
	}
	refusal := func(at, call, end int64, blocking string, next int64) porcupine.Operation {
		return porcupine.Operation{
			ClientId: 1,
			Input:    wish{verb: "book", exact: true, moment: at, duration: 100},
			Call:     call,
			Output:   gain{err: "conflict", blocking: blocking, nextFree: next},
			Return:   end,
		}
	}
	for name, tc := range map[string]struct {
		history []porcupine.Operation
		want    bool
	}{
		"slots one apart":               {[]porcupine.Operation{book("a", 0, 0, 9), book("b", 101, 1, 8)}, true},
		"slots that touch":              {[]porcupine.Operation{book("a", 0, 0, 9), book("b", 100, 1, 8)}, false},
		"refused beside a winner":       {[]porcupine.Operation{book("a", 0, 0, 9), refusal(50, 1, 8, "a", 101)}, true},
		"refused with a wrong next":     {[]porcupine.Operation{book("a", 0, 0, 9), refusal(50, 1, 8, "a", 100)}, false},
		"refused before anybody booked": {[]porcupine.Operation{refusal(50, 0, 1, "a", 101), book("a", 0, 2, 3)}, false},
	} {
		if got := porcupine.CheckOperations(rule, tc.history); got != tc.want {
			t.Errorf("%s: linearizable is %v", name, got)
		}
	}
}
