package day

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// rules are those of the shipped configuration.
var rules = estimate.Rules{Margin: .1}

// house is a service with its workers, in a bubble of its own time.
type house struct {
	t     *testing.T
	day   Day
	began time.Time
	store store.Store
	shelf *shelf
	gpus  map[string]*gpu
	desk  *booking.Service
	users []account.Actor
	stop  func()
	group sync.WaitGroup // of cancels

	mu     sync.Mutex
	booked map[string]booked // by job
}

// booked is a job as it was booked, and when.
type booked struct {
	job.Job
	order order
	at    int64
}

func open(t *testing.T, d Day) *house {
	h := &house{t: t, day: d, began: time.Now(), shelf: newShelf(t), gpus: map[string]*gpu{}, booked: map[string]booked{}}
	h.store = memory.Open(memory.NewState())
	h.update(func(ctx context.Context, tx store.Tx) error {
		for i := range users {
			u := account.User{ID: uuid.NewString(), Name: fmt.Sprintf("user %d", i+1)}
			h.users = append(h.users, account.Actor{User: u})
			if err := tx.InsertUser(ctx, u); err != nil {
				return err
			}
		}
		return nil
	})
	known := learned.New(learned.Config{
		Rules:   rules,
		Offer:   h.shelf.On,
		Version: func(id string) *workflow.Version { return h.shelf.offers[id].Version },
		Store:   h.store,
		Now:     time.Now,
		Log:     slog.New(slog.DiscardHandler),
	})
	estimator := h.measure(known)
	h.desk = booking.New(booking.Config{Store: h.store, Offers: h.shelf, Estimator: estimator, Now: time.Now})
	h.run(known, &placement.Workers{Offers: h.shelf, Estimator: estimator, Models: &placement.Models{}})
	return h
}

// benchmarks estimate as a service would that does not learn: a run takes what one run with the defaults took.
type benchmarks map[string]map[string]int64

// Estimate implements estimate.Estimator.
func (b benchmarks) Estimate(worker, workflow string, _ workflow.Values) (estimate.Length, bool) {
	took := b[worker][workflow]
	return estimate.Length{Expected: took, Slot: rules.Slot(took), Basis: estimate.Measured}, true
}

func (h *house) measure(known *learned.Knowledge) estimate.Estimator {
	rnd := rand.New(rand.NewPCG(h.day.Seed, 1))
	once := benchmarks{}
	for _, worker := range workers {
		h.gpus[worker] = &gpu{house: h, worker: worker, lane: known.Worker(worker), interrupt: map[string]chan struct{}{}}
		once[worker] = h.gpus[worker].measure(rnd)
	}
	if h.day.Learned {
		return known
	}
	return once
}

// run starts what runs all day.
func (h *house) run(known *learned.Knowledge, places *placement.Workers) {
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	var dispatchers []*dispatch.Dispatcher
	for _, worker := range workers {
		d := dispatch.New(dispatch.Config{
			Worker:  worker,
			Store:   h.store,
			Runner:  h.gpus[worker],
			Now:     time.Now,
			Workers: places,
			Log:     slog.New(slog.DiscardHandler),
		})
		dispatchers = append(dispatchers, d)
		parts.Go(func() {
			if err := d.Run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	follower := changes.New(h.store, changes.FromNow(h.store), func(news []store.Change) {
		for _, d := range dispatchers {
			d.Follow(news)
		}
	})
	if err := follower.CatchUp(ctx); err != nil {
		h.t.Fatal(err)
	}
	parts.Go(func() {
		if err := changes.Run(ctx, h.store, slog.New(slog.DiscardHandler), follower); err != nil {
			h.t.Error(err)
		}
	})
	parts.Go(func() { known.Run(ctx) })
	h.stop = func() {
		cancel()
		parts.Wait()
		if err := h.store.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

func (h *house) update(change func(context.Context, store.Tx) error) {
	if _, err := h.store.Update(context.Background(), change); err != nil {
		h.t.Fatal(err)
	}
}

// bookAll plays what people do.
func (h *house) bookAll(orders []order) {
	for _, o := range orders {
		time.Sleep(time.Until(h.began.Add(o.after)))
		if j, found := h.book(o); found && o.cancel > 0 {
			h.group.Go(func() {
				time.Sleep(o.cancel)
				_, err := h.desk.Cancel(context.Background(), h.users[o.user], j.ID, 0)
				if err != nil && !fault.Is(err, fault.WrongStatus) {
					h.t.Error(err)
				}
			})
		}
	}
}

// tries bounds the starts that somebody asks for who is told each time which one is free.
const tries = 5

func (h *house) book(o order) (j job.Job, found bool) {
	now := time.Now()
	r := booking.Request{When: o.when(now, h.day.Sooner), Inputs: o.values, Workflow: o.workflow}
	h.mu.Lock() // until it is known: it may start before the call returns
	defer h.mu.Unlock()
	for range tries {
		is, err := h.desk.Book(context.Background(), h.users[o.user], r)
		if err == nil {
			h.booked[is.ID] = booked{is.Job, o, now.UnixMilli()}
			return is.Job, true
		}
		conflict, taken := fault.ConflictOf(err)
		if !taken {
			h.t.Error(err)
			return j, false
		}
		r.When.Moment = conflict.NextFree
	}
	h.t.Error("no start was found for an order")
	return j, false
}

// noise is that of the order of a job.
func (h *house) noise(id string) *rand.Rand {
	h.mu.Lock()
	defer h.mu.Unlock()
	return rand.New(rand.NewPCG(h.day.Seed, uint64(1000+h.booked[id].order.number)))
}

// finish waits until everything has run.
func (h *house) finish() {
	h.group.Wait()
	for range 48 * 60 {
		active, err := h.store.ActiveJobs(context.Background())
		if err != nil {
			h.t.Fatal(err)
		}
		if len(active) == 0 {
			h.stop()
			return
		}
		time.Sleep(time.Minute)
	}
	h.t.Error("jobs are left")
	h.stop()
}
