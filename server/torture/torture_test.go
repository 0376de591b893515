//go:build linux

// Package torture proves that no acknowledged booking is lost, doubled or run twice, and that no status lies. It drives the
// real program on the simulated ComfyUI with many clients that book, edit, move and cancel, while one nemesis after the other
// is let loose: service and ComfyUI are killed, stopped and frozen, also just when it hurts most, clocks are set wrong, the disk
// is filled, calls that must fail come in floods, backups are restored, and somebody plays on ComfyUI's own page. Then it
// compares every answer that was acknowledged with what is kept, and with ComfyUI's own record of what ran.
//
//	go test ./server/torture                                        a short one
//	make torture DURATION=10m                                       a long one
//	make torture KILLS=300                                          until so many processes were killed
//	go test ./server/torture -torture.seed=N -torture.duration=10m  the choices of an earlier one
//	go test ./server/torture -torture.only=clock,stop-while-full    some nemeses alone
//	make torture KILLS=300 WORKERS=3                                several workers, the last of them somebody else's
//	make soak DURATION=60m                                          hours of peace, and what grows in them
//
// All that is random follows from the seed. What happened is in history.jsonl in the folder that a failure names.
package torture_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/comfyscheduler/comfyscheduler/server/internal/app" // an earlier result does not stand when the service has changed
)

var (
	duration = flag.Duration("torture.duration", 20*time.Second, "how long the torture lasts")
	kills    = flag.Int64("torture.kills", 0, "how many kills of service and ComfyUI end the torture, instead of a duration")
	bookers  = flag.Int("torture.clients", 6, "how many clients book")
	keep     = flag.Bool("torture.keep", false, "keep the folder of a torture that found nothing too")
	race     = flag.Bool("torture.race", false, "build the service with the race detector")
)

const (
	watchers = 3
	drain    = 6 * time.Minute // for what is booked to come to its end when the torture is over
)

func TestTorture(t *testing.T) {
	if testing.Short() {
		t.Skip("needs about 20 seconds of kills: run without -short")
	}
	seed := chosenSeed()
	t.Logf("seed %d: go test ./server/torture -run TestTorture -torture.seed=%[1]d -torture.duration=%v", seed, *duration)
	folder := keptFolder(t)
	h, err := newHistory(filepath.Join(folder, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(folder, build(t, folder), seed, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.hoard.unmount() })
	if s.hoard, err = newHoard(s.Data()); err != nil {
		t.Logf("THE DISK IS NOT FILLED in this torture: %v", err)
		s.hoard = nil
	}
	t.Cleanup(s.end)
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.torture(ctx, seed); err != nil {
		t.Errorf("%v", err)
	}
	found := s.evidence(t)
	violations := append(h.wrong, check(found)...)
	for _, wrong := range violations[:min(len(violations), 30)] {
		t.Errorf("VIOLATION: %s", wrong)
	}
	if len(violations) > 30 {
		t.Errorf("VIOLATIONS in all: %d", len(violations))
	}
	if err := os.WriteFile(filepath.Join(folder, "violations.txt"), []byte(strings.Join(violations, "\n")), 0o600); err != nil {
		t.Error(err)
	}
	if err := h.close(); err != nil {
		t.Error(err)
	}
	report(t, s.lanes, h, found)
}

// torture runs the actors for the duration, lets what is booked come to its end, and stops the service.
func (s *site) torture(ctx context.Context, seed uint64) error {
	up, goDown := context.WithCancel(ctx)
	defer goDown()
	look, stopLooking := context.WithCancel(ctx)
	defer stopLooking()
	watch, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var service, watching, looking sync.WaitGroup
	service.Go(func() {
		if err := s.keepUp(up); err != nil {
			s.history.violation("the service cannot be started: " + err.Error())
		}
	})
	looking.Go(func() { s.lookAtComfy(look) })
	for _, l := range s.lanes {
		looking.Go(func() { s.somebodyElse(look, l) })
	}
	all, err := s.gather(ctx, seed)
	if err != nil {
		return err
	}
	for _, w := range all.watchers {
		watching.Go(func() { w.work(watch) })
	}
	watching.Go(func() { all.observer.glance(watch, derive(seed, 2)) })
	all.act(ctx)

	// A clean stop in between: ComfyUI is started anew, without the pauses that many kills have led to.
	all.stopAndWait()
	draining, drop := context.WithTimeout(ctx, drain)
	defer drop()
	for _, b := range append(all.bookers, all.bait, all.vandal) {
		b.tidy(draining)
	}
	drained := s.drained(draining, all.observer)
	ending, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	stopWatching()
	watching.Wait()
	if at, err := all.observer.snapshot(ending); err != nil {
		s.history.violation("no snapshot at the end: " + err.Error())
	} else {
		for _, w := range all.watchers {
			if err := w.catchUp(ending, at); err != nil {
				s.history.violation(err.Error())
			}
		}
	}
	s.answered, err = all.observer.list(ending)
	goDown()
	s.signal(syscall.SIGTERM, "SIGTERM")
	service.Wait()
	stopLooking()
	looking.Wait()
	if drained != nil {
		return drained
	}
	return err
}

// act lets everybody act until the torture is over.
func (c cast) act(ctx context.Context) {
	limit := *duration
	if *kills > 0 {
		limit = day
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var acting sync.WaitGroup
	for _, b := range c.bookers {
		acting.Go(func() { b.work(ctx) })
	}
	acting.Go(func() { c.planner.planAhead(ctx) })
	acting.Go(func() { c.torment(ctx) })
	acting.Go(func() {
		for *kills > 0 && c.kills.Load() < *kills && ctx.Err() == nil {
			pause(ctx, 100*time.Millisecond)
		}
		if *kills > 0 {
			cancel()
		}
	})
	acting.Wait()
}

// drained waits until all that was to run in the test has ended, and what a wrong clock has moved is back.
func (s *site) drained(ctx context.Context, u *user) error {
	left := -1 // jobs, when it was last known
	for {
		jobs, err := u.list(ctx)
		waiting, soon := 0, time.Now().Add(far/2).UnixMilli()
		for _, j := range jobs {
			// A clock that was set has moved it. Somebody may have been given its slot since: then it comes near.
			displaced := j.Status == scheduled && j.Delay == "overdue" && j.Booked > soon && j.Start > j.Booked+far.Milliseconds()/2
			if j.Status == processing || j.active() && j.Start < soon || displaced {
				waiting++
			}
		}
		if err == nil {
			left = waiting
		}
		if left == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%d jobs have not come to their end within %v (%w)", left, drain, err)
		}
		pause(ctx, 100*time.Millisecond)
	}
}
