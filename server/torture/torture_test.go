//go:build linux

// Package torture proves that no acknowledged booking is lost, doubled or run twice, and that no status lies. It drives the
// real program on the simulated ComfyUI with many clients that book, edit, move and cancel, while service and ComfyUI are
// killed, stopped and frozen at random moments, frames are lost and delayed and the disk is filled; then it compares every
// answer that was acknowledged with what is kept, and with ComfyUI's own record of what ran.
//
//	go test ./server/torture                                        a short one
//	make torture DURATION=10m                                       a long one
//	go test ./server/torture -torture.seed=N -torture.duration=10m  the choices of an earlier one
//
// All that is random follows from the seed. What happened is in history.jsonl in the folder that a failure names.
package torture_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var (
	duration = flag.Duration("torture.duration", 6*time.Second, "how long the torture lasts")
	bookers  = flag.Int("torture.clients", 6, "how many clients book")
	keep     = flag.Bool("torture.keep", false, "keep the folder of a torture that found nothing too")
	race     = flag.Bool("torture.race", false, "build the service with the race detector")
)

const (
	watchers = 3
	drain    = 90 * time.Second // for what is booked to come to its end when the torture is over
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
	s, err := newSite(folder, build(t, folder), derive(seed, 0), h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.hoard.unmount() })
	if s.hoard, err = newHoard(s.data); err != nil {
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
	if err := h.close(); err != nil {
		t.Error(err)
	}
	report(t, h, found)
}

// keptFolder is a folder that stays when the test fails.
func keptFolder(t *testing.T) string {
	folder, err := os.MkdirTemp("", "torture")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() || *keep {
			t.Logf("what happened is in %s", folder)
		} else {
			_ = os.RemoveAll(folder)
		}
	})
	return folder
}

// build builds the program, unless COMFYSCHEDULER_BIN names one that is built.
func build(t *testing.T, folder string) string {
	t.Helper()
	program := os.Getenv("COMFYSCHEDULER_BIN")
	if program != "" && !*race {
		if _, err := os.Stat(program); err != nil { // looked at here, so that a result of an older one is not used again
			t.Fatal(err)
		}
		return program
	}
	program = filepath.Join(folder, "comfyscheduler")
	command := exec.Command("go", "build", fmt.Sprintf("-race=%v", *race), "-o", program, "../cmd/comfyscheduler")
	if *race {
		command.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// torture runs the actors for the duration, lets what is booked come to its end, and stops the service.
func (s *site) torture(ctx context.Context, seed uint64) error {
	up, goDown := context.WithCancel(ctx)
	defer goDown()
	look, stopLooking := context.WithCancel(ctx)
	defer stopLooking()
	watch, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var service, acting, watching, looking sync.WaitGroup
	service.Go(func() {
		if err := s.keepUp(up); err != nil {
			s.history.violation("the service cannot be started: " + err.Error())
		}
	})
	looking.Go(func() { s.lookAtComfy(look) })

	var all []*watcher
	var users []*booker
	for i := range watchers + *bookers {
		u, err := signIn(ctx, s, fmt.Sprintf("c%d", i))
		if err != nil {
			return err
		}
		if rng := derive(seed, uint64(10+i)); i < watchers {
			all = append(all, &watcher{user: u, rng: rng})
		} else {
			users = append(users, &booker{user: u, rng: rng, known: map[string]job{}})
		}
	}
	observer, err := signIn(ctx, s, "observer")
	if err != nil {
		return err
	}
	act, stopActing := context.WithTimeout(ctx, *duration)
	defer stopActing()
	for _, b := range users {
		acting.Go(func() { b.work(act) })
	}
	acting.Go(func() { s.chaos(act, derive(seed, 1)) })
	for _, w := range all {
		watching.Go(func() { w.work(watch) })
	}
	watching.Go(func() { observer.glance(watch, derive(seed, 2)) })
	acting.Wait()

	// A clean stop in between: ComfyUI is started anew, without the pauses that many kills have led to.
	s.signal(syscall.SIGTERM, "SIGTERM")
	ending, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	drained := s.drained(ending, observer)
	stopWatching()
	watching.Wait()
	if at, err := observer.snapshot(ending); err != nil {
		s.history.violation("no snapshot at the end: " + err.Error())
	} else {
		for _, w := range all {
			if err := w.catchUp(ending, at); err != nil {
				s.history.violation(err.Error())
			}
		}
	}
	s.answered, err = observer.list(ending)
	goDown()
	s.signal(syscall.SIGTERM, "SIGTERM")
	service.Wait()
	if left := s.comfyPIDs(); len(left) > 0 {
		s.history.violation(fmt.Sprintf("ComfyUI %v outlives a clean stop", left))
	}
	stopLooking()
	looking.Wait()
	if drained != nil {
		return drained
	}
	return err
}

// drained waits until all that was to run in the test has ended.
func (s *site) drained(ctx context.Context, u *user) error {
	for {
		waiting := 0
		jobs, err := u.list(ctx)
		for _, j := range jobs {
			if j.active() && j.Start < time.Now().Add(far/2).UnixMilli() {
				waiting++
			}
		}
		if err == nil && waiting == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%d jobs have not come to their end within %v (%w)", waiting, drain, err)
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// list reads all jobs, page by page.
func (u *user) list(ctx context.Context) (jobs []job, err error) {
	request := &pb.ListJobsRequest{PageSize: 200, Order: pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC}
	for {
		page, err := u.ListJobs(ctx, request)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, jobsOf(page.Jobs)...)
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return jobs, nil
		}
	}
}

// evidence collects what is left when everything has stopped.
func (s *site) evidence(t *testing.T) evidence {
	t.Helper()
	e := evidence{Calls: s.history.calls, Sightings: s.history.sightings, Lifetimes: s.history.lifetimes, Answered: s.answered}
	var err error
	if e.Kept, e.Requests, err = readDatabase(filepath.Join(s.data, "bookings.db")); err != nil {
		t.Error(err)
	}
	if e.Runs, err = readRuns(s.runs); err != nil {
		t.Error(err)
	}
	if e.Files, err = readFiles(filepath.Join(s.data, "simulated", "output")); err != nil {
		t.Error(err)
	}
	return e
}

// report says how much was tried: a torture that tries nothing proves nothing.
func report(t *testing.T, h *history, e evidence) {
	t.Helper()
	outcomes, ends, runs := map[string]int{}, map[string]int{}, 0
	for _, c := range h.calls {
		outcomes[c.Verb+" "+c.Outcome]++
	}
	for _, r := range e.Kept {
		ends[r.Status]++
		if r.Error != "" {
			ends["failed: "+r.Error]++
		}
		if r.Delay != "" {
			ends["moved or late: "+r.Delay]++
		}
		runs += len(promptsOf(r, e.Runs))
	}
	incidents := map[string]int{}
	for _, i := range h.incidents {
		incidents[i.What]++
	}
	t.Logf("kill -9 of the service %d, of ComfyUI %d; runs of jobs %d", incidents["service SIGKILL"], incidents["comfyui SIGKILL"], runs)
	t.Logf("incidents %v", incidents)
	t.Logf("calls %v", outcomes)
	t.Logf("jobs %v; sightings %d", ends, len(h.sightings))
	for _, needed := range []int{incidents["service SIGKILL"], incidents["comfyui SIGKILL"], outcomes["book "+acknowledged], ends[completed], runs} {
		if needed == 0 {
			t.Error("nothing is proved: one of the figures above is zero")
		}
	}
}

func promptsOf(r row, runs []run) (started []run) {
	for _, line := range runs {
		for number := 1; number <= r.Attempt; number++ {
			if line.Event == "start" && line.PromptID == promptOf(r.ID, number) {
				started = append(started, line)
			}
		}
	}
	return started
}
