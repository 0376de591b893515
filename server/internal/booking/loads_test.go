package booking_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const load = 3000 // milliseconds of a slot

// byPrompt estimates runs whose prompts name their models.
type byPrompt struct{}

// Estimate implements estimate.Estimator.
func (byPrompt) Estimate(_, _ string, inputs workflow.Values) (estimate.Length, bool) {
	return estimate.Length{Expected: slot / 2, Slot: slot, Load: load / 2, LoadSlot: load, Models: inputs.Prompt()}, true
}

// openLoading opens a desk with workers that load models between runs with others.
func openLoading(t *testing.T, workers ...string) *desk {
	d := open(t, t.TempDir())
	d.offer(workers...)
	return d
}

// offer has the desk book on some workers from now on.
func (d *desk) offer(workers ...string) {
	var all []health.Worker
	for _, id := range workers {
		all = append(all, health.Worker{ID: id})
	}
	models := d.Config.Models
	d.catalog = offering(all...)
	d.limit(account.Limits{})
	c := d.Config
	c.Estimator, c.Models = byPrompt{}, models
	d.Service = booking.New(c)
}

// on books a picture of something at a moment, as a series of one, on a worker that it is pinned to or not.
func (d *desk) on(worker, what string, in int64, pinned bool) job.Job {
	d.t.Helper()
	r := booking.SeriesRequest{When: at(d.in(in)), Inputs: a(what), Worker: worker}
	booked, err := d.BookSeries(d.t.Context(), d.ada, r)
	if err != nil {
		d.t.Fatal(err)
	}
	j := booked.Jobs[0]
	if !pinned {
		j.Pinned = false
		d.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	}
	return j
}

func (d *desk) update(change func(context.Context, store.Tx) error) {
	d.t.Helper()
	if _, err := d.store.Update(d.t.Context(), change); err != nil {
		d.t.Fatal(err)
	}
}

// inOneCommit checks that the last commit that has changed one job has given another the load of its models.
func (d *desk) inOneCommit(change func() error, gone, stays job.Job) {
	d.t.Helper()
	before := d.at()
	if err := change(); err != nil {
		d.t.Fatal(err)
	}
	news := d.since(before)
	slices.Reverse(news)
	for _, c := range news {
		changed := map[string]*job.Job{}
		for _, thing := range c.Things {
			if thing.Job != nil {
				changed[thing.Key] = thing.Job
			}
		}
		if changed[gone.ID] == nil {
			continue
		}
		if now := changed[stays.ID]; now == nil || now.Load != load || now.Duration != slot+load || now.Start != stays.Start {
			d.t.Errorf("the one that stays: %+v", now)
		}
		return
	}
	d.t.Error("nothing has left")
}

// keepClear keeps pauses and workers out of service clear until a job has left its worker or its start.
func (d *desk) keepClear(gone job.Job) error {
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- d.KeepPausesClear(ctx, slog.New(slog.DiscardHandler)) }()
	for {
		at := d.at()
		if j, err := d.store.Job(ctx, gone.ID); err != nil || j.Worker != gone.Worker || j.Start != gone.Start {
			cancel()
			return errors.Join(err, <-ended)
		}
		if err := d.store.Wait(ctx, at); err != nil {
			return errors.Join(err, <-ended)
		}
	}
}

// Whoever leaves a lane leaves the load to the one behind it, in the same commit, whatever makes it go.
func TestWhoLeavesALaneLeavesTheLoad(t *testing.T) {
	for name, leave := range map[string]func(d *desk, gone job.Job) error{
		"cancelled": func(d *desk, gone job.Job) error {
			_, err := d.Cancel(d.t.Context(), d.ada, gone.ID, 0)
			return err
		},
		"cancelled with its series": func(d *desk, gone job.Job) error {
			_, err := d.CancelSeries(d.t.Context(), d.ada, gone.Series)
			return err
		},
		"moved to another start": func(d *desk, gone job.Job) error {
			to := at(d.in(60_000))
			_, err := d.Edit(d.t.Context(), d.ada, gone.ID, booking.Edit{Version: gone.Version, Move: &to})
			return err
		},
		"moved to another worker": func(d *desk, gone job.Job) error {
			to := at(gone.Start)
			_, err := d.Edit(d.t.Context(), d.ada, gone.ID, booking.Edit{Version: gone.Version, Move: &to, Worker: "b"})
			return err
		},
		"in the way of a pause": func(d *desk, gone job.Job) error {
			pause := booking.PauseRequest{Worker: "a", From: gone.Start, Duration: 100, Move: true}
			if _, _, err := d.Pause(d.t.Context(), d.root, pause); err != nil {
				return err
			}
			_, _, err := d.ClearPause(d.t.Context(), "a")
			return err
		},
		"its worker goes out of service": func(d *desk, _ job.Job) error {
			_, err := d.TakeOutOfService(d.t.Context(), d.root, booking.Outage{Worker: "a"})
			return err
		},
		"its worker is out of service": func(d *desk, gone job.Job) error {
			d.update(func(ctx context.Context, tx store.Tx) error { return tx.PutOutage(ctx, schedule.Outage{Worker: "a"}) })
			return d.keepClear(gone)
		},
		"its worker is in the configuration no more": func(d *desk, _ job.Job) error {
			d.offer("b")
			_, err := d.EmptyGone(d.t.Context())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openLoading(t, "a", "b")
			d.on("a", "fox", 5000, true)
			gone := d.on("a", "owl", 20_000, false)
			stays := d.on("a", "owl", 30_000, true)
			if gone.Load != load || stays.Load != 0 {
				t.Fatalf("booked: %+v, %+v", gone, stays)
			}
			d.inOneCommit(func() error { return leave(d, gone) }, gone, stays)
		})
	}
}

// Whoever comes to a lane pays the load that it causes, its own and the one of the job behind it, whatever makes it come.
func TestWhoComesToALanePaysTheLoad(t *testing.T) {
	for name, come := range map[string]func(d *desk, comes job.Job) error{
		"its worker goes out of service": func(d *desk, _ job.Job) error {
			_, err := d.TakeOutOfService(d.t.Context(), d.root, booking.Outage{Worker: "a"})
			return err
		},
		"its worker is in the configuration no more": func(d *desk, _ job.Job) error {
			d.offer("b")
			_, err := d.EmptyGone(d.t.Context())
			return err
		},
		"it ran on a worker that is in the configuration no more": func(d *desk, comes job.Job) error {
			d.update(func(ctx context.Context, tx store.Tx) error {
				comes.StartProcessing()
				return tx.UpdateJob(ctx, comes)
			})
			d.offer("b")
			d.now.Store(comes.Start)
			_, err := d.EmptyGone(d.t.Context())
			return err
		},
		"in the way of a pause": func(d *desk, comes job.Job) error {
			pause := booking.PauseRequest{Worker: "a", From: comes.Start, Duration: 100_000, Move: true}
			if _, _, err := d.Pause(d.t.Context(), d.root, pause); err != nil {
				return err
			}
			_, _, err := d.ClearPause(d.t.Context(), "a")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := openLoading(t, "a", "b")
			d.on("b", "fox", 5000, true)
			comes := d.on("a", "owl", 20_000, false)
			behind := d.on("b", "fox", 30_000, true)
			d.inOneCommit(func() error { return come(d, comes) }, comes, behind)
			if now, err := d.store.Job(t.Context(), comes.ID); err != nil || now.Worker != "b" || now.Start != comes.Start || now.Load != load {
				t.Errorf("who has come: %+v (%v)", now, err)
			}
		})
	}
}

// A service that is started knows the models of what was booked before it, and of what its workers have in memory.
func TestModelsThatWereBookedForBefore(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, folder)
		d.offer("a")
		d.on("a", "fox", 5000, true)
		d.Config.Models = nil
		d.offer("a")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = d.KeepPausesClear(ctx, slog.New(slog.DiscardHandler)) }()
		synctest.Wait()
		if owl := d.on("a", "owl", 10_000, true); owl.Load != load {
			t.Errorf("behind the fox: %+v", owl)
		}
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
}
