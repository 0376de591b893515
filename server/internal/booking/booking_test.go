package booking_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// desk is a booking service on a real store with a clock that is set by hand.
type desk struct {
	*booking.Service
	t        testing.TB
	store    store.Store
	catalog  *catalog.Catalog
	lengths  lengths
	now      atomic.Int64
	stopping chan struct{}
	hasSpace atomic.Bool
	ada      account.Actor
	bob      account.Actor
	root     account.Actor
}

const slot = 1000 // milliseconds, of a booking on the first worker

func open(t testing.TB, folder string) *desk {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	d := &desk{
		t:        t,
		store:    storetest.Wrap(s),
		catalog:  offering(health.Worker{ID: "gpu"}),
		lengths:  lengths{},
		stopping: make(chan struct{}),
		ada:      actor("Ada"),
		bob:      actor("Bob"),
	}
	d.root = actor("Root")
	d.root.Administrator = true
	d.now.Store(1_000_000)
	d.hasSpace.Store(true)
	d.measure(slot)
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		for _, u := range []account.Actor{d.ada, d.bob, d.root} {
			if err := tx.InsertUser(ctx, u.User); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	d.limit(account.Limits{})
	return d
}

// shelf has one workflow, of a version that can be changed.
type shelf struct{ version atomic.Value }

func (s *shelf) Offer(_ context.Context, id, _ string) (o workflow.Offer, err error) {
	if id != "" && id != "fox" {
		return o, fault.NoSuch("workflow", id)
	}
	version, _ := s.version.Load().(string)
	v := workflow.Unknown("fox")
	v.Hash, v.Form = "hash"+version, &form.Form{
		Inputs: []form.Input{
			{Name: "prompt", Role: form.Prompt, Kind: form.Text},
			{Name: "seed", Role: form.SeedRole, Kind: form.Seed, Max: "16777215"},
			{
				Name:    "width",
				Kind:    form.Integer,
				Min:     "16",
				Max:     "2048",
				Step:    "16",
				Default: json.Number("512"),
			},
			{Name: "image", Kind: form.File, File: form.Image, Optional: true},
			{Name: "sound", Kind: form.File, File: form.Audio, Optional: true},
		},
	}
	return v.On(nil), nil
}

func (s *shelf) Bookable(string) error                            { return nil }
func (s *shelf) Keep(context.Context, *workflow.Version) error    { return nil }
func (s *shelf) On(string, string) (o workflow.Offer, known bool) { return o, false }
func (s *shelf) Runners(_ string, workers []string) (all []workflow.There) {
	for _, worker := range workers {
		all = append(all, workflow.There{Worker: worker})
	}
	return all
}

// offering makes a catalog of workers that tells nobody.
func offering(workers ...health.Worker) *catalog.Catalog {
	return catalog.New(catalog.Config{
		Now:         time.Now,
		OnState:     func(health.State) {},
		OnWorkflows: func([]workflow.Workflow) {},
		Library:     &shelf{},
	}, workers...)
}

// limit sets what a user may do from now on.
func (d *desk) limit(limits account.Limits) {
	d.Service = booking.New(booking.Config{
		Store:     d.store,
		Offers:    d.catalog,
		Estimator: d.lengths,
		Limits:    limits,
		Now:       func() time.Time { return time.UnixMilli(d.now.Load()) },
		Stopping:  d.stopping,
		HasSpace:  d.hasSpace.Load,
	})
}

func actor(name string) account.Actor {
	return account.Actor{User: account.User{ID: uuid.NewString(), Name: name}, Address: "192.0.2.7"}
}

// measure sets how long a slot is from now on.
func (d *desk) measure(slot int64) {
	d.lengths["gpu"] = estimate.Length{Expected: slot * 9 / 10, Slot: slot}
}

// lengths gives the time that any workflow takes, by worker.
type lengths map[string]estimate.Length

// Estimate implements estimate.Estimator.
func (l lengths) Estimate(worker, _ string, _ workflow.Values) (estimate.Length, bool) {
	length, known := l[worker]
	return length, known
}

func at(start int64) booking.When            { return booking.When{Exact: true, Moment: start} }
func next(from int64) booking.When           { return booking.When{Moment: from} }
func (d *desk) in(ms int64) int64            { return d.now.Load() + ms }
func request(w booking.When) booking.Request { return booking.Request{When: w, Inputs: a("fox")} }

// a gives the inputs of a picture of something.
func a(what string) workflow.Values { return workflow.Values{"prompt": workflow.Text("a " + what)} }

func (d *desk) book(by account.Actor, w booking.When) job.Job {
	d.t.Helper()
	j, err := d.Book(d.t.Context(), by, request(w))
	if err != nil {
		d.t.Fatal(err)
	}
	return j.Job
}

func conflict(t testing.TB, err error) *fault.SlotConflict {
	t.Helper()
	c, is := fault.ConflictOf(err)
	if !is {
		t.Fatalf("no conflict: %v", err)
	}
	return c
}

func TestSlotsThatTouchAreRefused(t *testing.T) {
	d := open(t, t.TempDir())
	first := d.book(d.ada, at(d.in(5000)))
	_, err := d.Book(t.Context(), d.bob, request(at(first.Slot().End)))
	if c := conflict(t, err); c.JobID != first.ID || c.UserName != "Ada" || c.NextFree != first.Slot().End+1 {
		t.Errorf("conflict: %+v", c)
	}
	d.book(d.bob, at(first.Slot().End+1))
}

func TestEachBookingCountsWithItsOwnDuration(t *testing.T) {
	d := open(t, t.TempDir())
	d.measure(300_000)
	long := d.book(d.ada, at(d.in(10_000)))
	d.measure(10_000)
	_, err := d.Book(t.Context(), d.bob, request(at(long.Start+100_000)))
	if c := conflict(t, err); c.NextFree != long.Start+300_001 {
		t.Errorf("conflict: %+v", c)
	}
	short := d.book(d.bob, next(long.Start))
	d.measure(300_000)
	if after := d.book(d.ada, next(long.Start)); short.Start != long.Start+300_001 || after.Start != short.Start+10_001 {
		t.Errorf("short at %d, next long at %d", short.Start-long.Start, after.Start-short.Start)
	}
}

func TestOfFiftyForOneMomentOneWins(t *testing.T) {
	d := open(t, t.TempDir())
	start := d.in(5000)
	var won atomic.Pointer[job.Job]
	var wins atomic.Int32
	var conflicts sync.Map
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			j, err := d.Book(t.Context(), d.ada, request(at(start)))
			if err == nil {
				wins.Add(1)
				won.Store(&j.Job)
				return
			}
			conflicts.Store(i, err)
		})
	}
	group.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d won", wins.Load())
	}
	conflicts.Range(func(_, err any) bool {
		if c := conflict(t, err.(error)); c.JobID != won.Load().ID || c.NextFree != start+slot+1 {
			t.Errorf("conflict: %+v", c)
		}
		return true
	})
}

func TestNextFreeLiesBehindARunningJobsRemainder(t *testing.T) {
	d := open(t, t.TempDir())
	running := d.book(d.ada, at(d.in(0)))
	running.StartProcessing()
	running.Posted(d.in(5000), "") // late: its slot is over, its run is not
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	d.now.Add(5100)
	if j := d.book(d.bob, next(0)); j.Start != running.StartedAt+running.Estimate+1 {
		t.Errorf("starts %d ms after now", j.Start-d.now.Load())
	}
}

func TestRepeatedRequestBooksOnce(t *testing.T) {
	d := open(t, t.TempDir())
	r := booking.Request{ID: uuid.NewString(), Hash: []byte("one"), When: next(0), Inputs: a("fox")}
	first, err := d.Book(t.Context(), d.ada, r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Book(t.Context(), d.ada, r)
	if err != nil || again.ID != first.ID {
		t.Errorf("again: %s (%v), first %s", again.ID, err, first.ID)
	}
	r.Hash = []byte("two")
	var reused *fault.Error
	if _, err := d.Book(t.Context(), d.ada, r); !errors.As(err, &reused) || reused.Reason != fault.RequestIDReused ||
		reused.Metadata["job_id"] != first.ID {
		t.Errorf("another booking with the same id: %v", err)
	}
	if other, err := d.Book(t.Context(), d.bob, r); err != nil || other.ID == first.ID {
		t.Errorf("another user's: %v", err)
	}
}

func TestBadBookingsAreRefusedWithEveryReason(t *testing.T) {
	d := open(t, t.TempDir())
	r := request(at(d.in(5000)))
	r.Inputs = workflow.Values{
		"prompt": workflow.Text("a fox"),
		"seed":   workflow.Seed(16777216),
		"width":  workflow.Integer(17),
		"hight":  workflow.Integer(1),
	}
	_, err := d.Book(t.Context(), d.ada, r)
	var input *fault.Error
	if !errors.As(err, &input) || len(input.Fields) != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := d.Book(t.Context(), d.ada, request(at(d.in(-1)))); !errors.As(err, &input) || input.Fields[0].Name != "start_ms" {
		t.Errorf("in the past: %v", err)
	}
	for _, r := range []booking.Request{{Workflow: "cat"}, {Worker: "cpu"}} {
		if _, err := d.Book(t.Context(), d.ada, r); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	delete(d.lengths, "gpu")
	if _, err := d.Book(t.Context(), d.ada, request(next(0))); !errors.Is(err, booking.ErrNotReady) {
		t.Errorf("before the benchmark: %v", err)
	}
	if jobs, err := d.store.ActiveJobs(t.Context()); err != nil || len(jobs) != 0 {
		t.Errorf("%d jobs (%v)", len(jobs), err)
	}
}

func TestEditAndMove(t *testing.T) {
	d := open(t, t.TempDir())
	j, other := d.book(d.ada, at(d.in(5000))), d.book(d.bob, at(d.in(7000)))
	want := workflow.Values{"prompt": workflow.Text("a hare"), "seed": workflow.Seed(7), "width": workflow.Integer(64)}
	edited, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: want})
	if err != nil || !maps.Equal(edited.Inputs, want) || edited.Version <= j.Version {
		t.Fatalf("edited: %+v (%v)", edited, err)
	}
	if _, err := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Inputs: a("hare")}); !fault.Is(err, fault.StaleVersion) {
		t.Errorf("with an old version: %v", err)
	}
	move := func(by account.Actor, version int64, w booking.When) (booking.Changed, error) {
		return d.Edit(t.Context(), by, j.ID, booking.Edit{Version: version, Move: &w, Inputs: a("hare")})
	}
	_, err = move(d.ada, edited.Version, at(other.Start-slot))
	if c := conflict(t, err); c.JobID != other.ID || c.NextFree != other.Slot().End+1 {
		t.Errorf("conflict: %+v", c)
	}
	moved, err := move(d.ada, edited.Version, at(j.Start+500)) // overlaps itself only
	if err != nil || moved.Start != j.Start+500 {
		t.Fatalf("moved: %+v (%v)", moved, err)
	}
	if moved, err = move(d.ada, moved.Version, next(other.Start)); err != nil || moved.Start != other.Slot().End+1 {
		t.Fatalf("moved: %+v (%v)", moved, err)
	}
	var notOwner *fault.Error
	if _, err := move(d.bob, moved.Version, next(0)); !errors.As(err, &notOwner) || notOwner.Reason != fault.NotOwner ||
		notOwner.Metadata["owner"] != "Ada" {
		t.Errorf("by another user: %v", err)
	}
	if _, err := move(d.root, moved.Version, next(0)); err != nil {
		t.Errorf("by an administrator: %v", err)
	}
}

func TestInputsOfAnEditedWorkflowCannotBeSetOnAnOldJob(t *testing.T) {
	d := open(t, t.TempDir())
	j := d.book(d.ada, at(d.in(5000)))
	d.catalog.Library.(*shelf).version.Store("edited")
	edit := booking.Edit{Version: j.Version, Inputs: workflow.Values{"width": workflow.Integer(64)}}
	if _, err := d.Edit(t.Context(), d.ada, j.ID, edit); !fault.Is(err, fault.InvalidFields) {
		t.Errorf("got %v", err)
	}
	edit.Inputs, edit.Reset = a("hare"), []string{"seed"}
	if edited, err := d.Edit(t.Context(), d.ada, j.ID, edit); err != nil || edited.WorkflowVersion != j.WorkflowVersion ||
		edited.Inputs["seed"] == j.Inputs["seed"] || edited.Inputs["width"] != j.Inputs["width"] {
		t.Errorf("prompt: %+v (%v)", edited, err)
	}
}

func TestCancel(t *testing.T) {
	d := open(t, t.TempDir())
	j := d.book(d.ada, at(d.in(5000)))
	if _, err := d.Cancel(t.Context(), d.bob, j.ID, 0); !fault.Is(err, fault.NotOwner) {
		t.Errorf("by another user: %v", err)
	}
	for range 2 {
		if got, err := d.Cancel(t.Context(), d.ada, j.ID, 0); err != nil || got.Status != job.Cancelled {
			t.Errorf("cancelled: %+v (%v)", got, err)
		}
	}
	d.book(d.bob, at(j.Start)) // its slot is free
	running := d.book(d.ada, at(d.in(0)))
	running.StartProcessing()
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Cancel(t.Context(), d.ada, running.ID, 0); err != nil || got.Status != job.Processing || !got.CancelRequested {
		t.Errorf("running: %+v (%v)", got, err)
	}
	if _, err := d.Cancel(t.Context(), d.ada, uuid.NewString(), 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestBookingsAreTakenWhileThereIsSpaceAndUntilTheStop(t *testing.T) {
	d := open(t, t.TempDir())
	if !d.IsOpen() {
		t.Error("bookings are not taken")
	}
	d.hasSpace.Store(false)
	if d.IsOpen() {
		t.Error("bookings are taken without space")
	}
	d.hasSpace.Store(true)
	j := d.book(d.ada, at(d.in(5000)))
	close(d.stopping)
	move := at(d.in(9000))
	_, booked := d.Book(t.Context(), d.ada, request(next(0)))
	_, moved := d.Edit(t.Context(), d.ada, j.ID, booking.Edit{Version: j.Version, Move: &move})
	if d.IsOpen() || !errors.Is(booked, booking.ErrStopping) || !errors.Is(moved, booking.ErrStopping) {
		t.Errorf("while the service stops: booked %v, moved %v", booked, moved)
	}
	if got, err := d.Cancel(t.Context(), d.ada, j.ID, 0); err != nil || got.Status != job.Cancelled {
		t.Errorf("cancelled while the service stops: %+v (%v)", got, err)
	}
}

// Whatever is booked, moved and cancelled: no two active slots overlap, and a refusal offers the start that a booking
// for the next free one gets.
func TestNoTwoSlotsEverOverlap(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		d := open(outer, outer.TempDir())
		defer func() { _ = d.store.Close() }()
		var jobs []job.Job
		inside := map[string]schedule.Slot{} // what the pause covered when it was made
		start := rapid.Int64Range(0, 20_000)
		t.Repeat(map[string]func(*rapid.T){
			"book": func(t *rapid.T) {
				d.measure(rapid.Int64Range(0, 3000).Draw(t, "slot"))
				w := booking.When{Exact: rapid.Bool().Draw(t, "exact"), Moment: d.in(start.Draw(t, "start"))}
				j, err := d.Book(outer.Context(), d.ada, request(w))
				if err == nil {
					jobs = append(jobs, j.Job)
					return
				}
				c, is := fault.ConflictOf(err)
				if !is {
					t.Fatal(err)
				}
				if j, err = d.Book(outer.Context(), d.ada, request(at(c.NextFree))); err != nil {
					t.Fatalf("the offered start is refused: %v", err)
				}
				jobs = append(jobs, j.Job)
			},
			"move": func(t *rapid.T) {
				if len(jobs) == 0 {
					return
				}
				i := rapid.IntRange(0, len(jobs)-1).Draw(t, "job")
				w := at(d.in(start.Draw(t, "start")))
				if moved, err := d.Edit(outer.Context(), d.ada, jobs[i].ID, booking.Edit{Version: jobs[i].Version, Move: &w}); err == nil {
					jobs[i] = moved.Job
				}
			},
			"cancel": func(t *rapid.T) {
				if len(jobs) == 0 {
					return
				}
				i := rapid.IntRange(0, len(jobs)-1).Draw(t, "job")
				if _, err := d.Cancel(outer.Context(), d.ada, jobs[i].ID, 0); err != nil {
					t.Fatal(err)
				}
				jobs = append(jobs[:i], jobs[i+1:]...)
			},
			"pause": func(t *rapid.T) {
				b := booking.PauseRequest{
					Worker:   "gpu",
					From:     d.in(start.Draw(t, "start")),
					Duration: rapid.Int64Range(0, 5000).Draw(t, "duration"),
					Move:     rapid.Bool().Draw(t, "move"),
				}
				_, _, err := d.Pause(outer.Context(), d.root, b)
				if err != nil && (b.Move || !fault.Is(err, fault.BookingsInWay)) {
					t.Fatal(err)
				}
				if err == nil {
					clear(inside)
					for _, j := range jobs {
						inside[j.ID] = j.Slot()
					}
				}
			},
			"clear the pause": func(t *rapid.T) {
				d.clear()
				clear(inside)
				for i, j := range jobs {
					var err error
					if jobs[i], err = d.store.Job(outer.Context(), j.ID); err != nil {
						t.Fatal(err)
					}
				}
			},
			"resume": func(t *rapid.T) {
				if err := d.Resume(outer.Context(), d.root, "gpu"); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				active, err := d.store.ActiveJobs(outer.Context())
				if err != nil || len(active) != len(jobs) {
					t.Fatalf("%d active jobs, want %d (%v)", len(active), len(jobs), err)
				}
				pause, paused, err := d.store.Pause(outer.Context(), "gpu")
				if err != nil {
					t.Fatal(err)
				}
				if paused {
					for _, j := range active {
						if j.Slot().Overlaps(pause.Slot) && inside[j.ID] != j.Slot() {
							t.Fatal(fmt.Sprint(j.Slot(), " went into the pause ", pause.Slot))
						}
					}
				}
				for i := 1; i < len(active); i++ {
					if active[i-1].Slot().Overlaps(active[i].Slot()) {
						t.Fatal(fmt.Sprint(active[i-1].Slot(), " overlaps ", active[i].Slot()))
					}
				}
			},
		})
	})
}

// Every step of the property waits for the disk: a quarter of the usual number of checks keeps the test short.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	storetest.Main(m)
}
