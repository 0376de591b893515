package booking_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// clear moves everything out of the pause.
func (d *desk) clear() {
	d.t.Helper()
	for more := true; more; {
		var err error
		if _, more, err = d.ClearPause(d.t.Context(), "gpu"); err != nil {
			d.t.Fatal(err)
		}
	}
}

// many books slots one behind the other, the first in a second.
func (d *desk) many(n int) []job.Job {
	d.t.Helper()
	jobs := make([]job.Job, n)
	for i := range jobs {
		jobs[i] = job.Job{
			ID:       uuid.NewString(),
			UserID:   d.ada.ID,
			UserName: d.ada.Name,
			Worker:   "gpu",
			Workflow: "fox",
			Status:   job.Scheduled,
			Start:    d.in(1000 + int64(i)*(slot+1)),
			Duration: slot,
			Estimate: slot,
			Inputs:   workflow.Values{"prompt": workflow.Text("a fox")},
			Attempt:  1,
			Version:  1,
		}
	}
	if _, err := d.store.Update(d.t.Context(), func(ctx context.Context, tx store.Tx) error {
		for _, j := range jobs {
			if err := tx.InsertJob(ctx, j); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
	return jobs
}

// at is the newest revision of the store.
func (d *desk) at() store.Revision {
	d.t.Helper()
	at, err := d.store.Revision(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return at
}

// since reads what was changed after a revision.
func (d *desk) since(after store.Revision) []store.Change {
	d.t.Helper()
	changes, err := d.store.Changes(d.t.Context(), after, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	return changes
}

// next waits for what is changed next, and moves on.
func (d *desk) next(at *store.Revision) []store.Change {
	d.t.Helper()
	if err := d.store.Wait(d.t.Context(), *at); err != nil {
		d.t.Fatal(err)
	}
	changes := d.since(*at)
	*at = changes[len(changes)-1].Revision
	return changes
}

// killed is the desk as it is opened again after a kill at this moment: the files are as they are while it works.
func (d *desk) killed(folder string) *desk {
	d.t.Helper()
	left := d.t.TempDir()
	for _, name := range []string{"bookings.db", "bookings.db-wal"} {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(left, name), data, 0o600)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	s, err := sqlite.Open(d.t.Context(), filepath.Join(left, "bookings.db"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = s.Close() })
	again := &desk{t: d.t, store: storetest.Wrap(s), catalog: d.catalog, ada: d.ada, bob: d.bob, root: d.root}
	again.now.Store(d.now.Load())
	again.limit(account.Limits{})
	return again
}

// A pause over very many bookings holds at once and keeps nobody waiting: they are moved a few to a commit, whoever books
// meanwhile comes between, and what a kill leaves in the pause is moved by the next life.
func TestLongPauseIsClearedInSteps(t *testing.T) {
	const n, most = 3000, 50
	folder := t.TempDir()
	d := open(t, folder)
	inTheWay := d.many(n)
	whole := booking.PauseRequest{Worker: "gpu", Duration: n * 2 * slot, Reason: "expo"}
	_, _, err := d.Pause(t.Context(), d.root, whole)
	refused, is := fault.InTheWayOf(err)
	if !is || refused.Count != n || len(refused.Bookings) != 100 || refused.Bookings[99].JobID != inTheWay[99].ID {
		t.Fatalf("refused by %v", err)
	}
	before := d.at()
	whole.Move = true
	pause, moving, err := d.Pause(t.Context(), d.root, whole)
	if err != nil || moving != n {
		t.Fatalf("%d are moved (%v)", moving, err)
	}
	if wrote := d.since(before); len(wrote) != 1 || len(wrote[0].Things) != 1 || wrote[0].Things[0].Pause == nil {
		t.Fatalf("the pause itself wrote %+v", wrote)
	}
	_, err = d.Book(t.Context(), d.bob, request(at(pause.Slot.End-5))) // free but for the pause
	if c := conflict(t, err); !c.Pause || c.NextFree != pause.Slot.End+1 {
		t.Errorf("booked in the pause: %+v", c)
	}
	for step := range 3 {
		moved, more, err := d.ClearPause(t.Context(), "gpu")
		if moved != most || !more || err != nil {
			t.Fatalf("step %d moved %d, more %v (%v)", step, moved, more, err)
		}
		d.book(d.bob, at(pause.Slot.End+int64(step+2)*1e7)) // beside: after a step, not after all of them
	}
	d = d.killed(folder)
	if _, held, err := d.store.Pause(t.Context(), "gpu"); !held || err != nil {
		t.Fatal("the pause is lost")
	}
	d.clearedBy(t, n-3*most)
	var last schedule.Slot
	for i, booked := range inTheWay {
		j, err := d.store.Job(t.Context(), booked.ID)
		if err != nil || j.Start <= max(pause.Slot.End, last.End) {
			t.Fatalf("job %d: %+v, before it %v (%v)", i, j, last, err)
		}
		if j.Delay == nil || j.Delay.Kind != job.Paused || j.Delay.BookedStart != booked.Start {
			t.Fatalf("job %d: %+v", i, j.Delay)
		}
		last = j.Slot()
	}
	if moved, more, err := d.ClearPause(t.Context(), "gpu"); moved != 0 || more || err != nil {
		t.Errorf("moved again: %d, %v (%v)", moved, more, err)
	}
}

// clearedBy lets the service itself move so many bookings, no more than 50 to a commit.
func (d *desk) clearedBy(t *testing.T, n int) {
	t.Helper()
	at, moved := d.at(), 0
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.KeepPausesClear(ctx, slog.New(slog.DiscardHandler)) }()
	for moved < n {
		for _, c := range d.next(&at) {
			if len(c.Things) > 50 {
				t.Errorf("%d bookings moved in one commit", len(c.Things))
			}
			moved += len(c.Things)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A new pause wakes whoever keeps pauses clear; what runs already is left alone.
func TestPausesAreKeptClear(t *testing.T) {
	d := open(t, t.TempDir())
	running := d.book(d.ada, at(d.in(0)))
	running.StartProcessing()
	if _, err := d.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, running) }); err != nil {
		t.Fatal(err)
	}
	inTheWay := d.book(d.bob, at(d.in(5000)))
	at := d.at()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.KeepPausesClear(ctx, slog.New(slog.DiscardHandler)) }()
	pause, _, err := d.Pause(t.Context(), d.root, booking.PauseRequest{Worker: "gpu", Duration: time.Minute.Milliseconds(), Move: true})
	if err != nil {
		t.Fatal(err)
	}
	var moved *job.Job
	for moved == nil {
		for _, c := range d.next(&at) {
			moved = c.Things[0].Job // none is in the pause itself
		}
	}
	if moved.ID != inTheWay.ID || moved.Start != pause.Slot.End+1 {
		t.Errorf("moved %+v", moved)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if j, err := d.store.Job(t.Context(), running.ID); err != nil || j.Version != running.Version {
		t.Errorf("the running job is %+v (%v)", j, err)
	}
}
