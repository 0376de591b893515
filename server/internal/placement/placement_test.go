package placement_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// lane is the timeline of one worker, as plainly as can be.
type lane struct {
	worker string
	jobs   []job.Job
	pause  *schedule.Pause
}

// free reports whether a slot has no moment in common with a job's, one left out, or with the pause.
func (l lane) free(slot schedule.Slot, except string) bool {
	for _, j := range l.jobs {
		if j.ID != except && j.Slot().Overlaps(slot) {
			return false
		}
	}
	return l.pause == nil || !l.pause.Slot.Overlaps(slot)
}

// next is the first free start at or after a moment, and after the expected end of all that runs.
func (l lane) next(from, duration int64, except string) int64 {
	for _, j := range l.jobs {
		if end := max(j.StartedAt, j.Start) + j.Estimate; j.Status == job.Processing && j.ID != except && end >= from {
			from = end + 1
		}
	}
	for start := from; ; start++ {
		if l.free(schedule.NewSlot(start, duration), except) {
			return start
		}
	}
}

// expected gives what Place has to answer: a place, or the next free start and where it is.
func expected(lanes []lane, w placement.Wish) (place *job.Place, next int64, nextWorker string) {
	of := func(c placement.Candidate) lane {
		for _, l := range lanes {
			if l.worker == c.Worker {
				return l
			}
		}
		panic("no such worker")
	}
	best := int64(-1)
	for _, c := range w.Candidates {
		start := of(c).next(w.Moment, c.Slot, w.JobID)
		if nextWorker == "" || start < next {
			next, nextWorker = start, c.Worker
		}
		if w.Exact {
			if start = w.Moment; !of(c).free(schedule.NewSlot(start, c.Slot), w.JobID) {
				continue
			}
		}
		if best < 0 || start+c.Slot < best {
			best = start + c.Slot
			place = &job.Place{Worker: c.Worker, Start: start, Duration: c.Slot, Estimate: c.Expected}
		}
	}
	return place, next, nextWorker
}

// house is a store with the workers of one check.
type house struct {
	store *sqlite.Store
	user  account.User
	lanes []lane
}

func (h *house) update(t *rapid.T, change func(context.Context, store.Tx) error) {
	if _, err := h.store.Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// fill books and starts jobs on a worker, and pauses it.
func (h *house) fill(t *rapid.T, worker string) lane {
	l := lane{worker: worker}
	booked := rapid.SliceOfN(rapid.Int64Range(0, 120), 0, 6).Draw(t, "starts of "+worker)
	h.update(t, func(ctx context.Context, tx store.Tx) error {
		for i, start := range booked {
			j := job.Job{
				ID:       uuid.NewString(),
				UserID:   h.user.ID,
				UserName: h.user.Name,
				Worker:   worker,
				Workflow: "fox",
				Status:   job.Scheduled,
				Start:    start,
				Duration: int64(3 + 5*i),
				Estimate: int64(2 + 9*i),
				Attempt:  1,
				Version:  1,
			}
			if !l.free(j.Slot(), "") {
				continue
			}
			if i == 0 {
				j.Status, j.StartedAt = job.Processing, start+1
			}
			if err := tx.InsertJob(ctx, j); err != nil {
				return err
			}
			l.jobs = append(l.jobs, j)
		}
		if rapid.Bool().Draw(t, worker+" is paused") {
			start := rapid.Int64Range(0, 120).Draw(t, "pause of "+worker)
			l.pause = &schedule.Pause{Worker: worker, Slot: schedule.NewSlot(start, 20), Reason: "expo", UserID: h.user.ID, UserName: h.user.Name}
			return tx.PutPause(ctx, *l.pause)
		}
		return nil
	})
	return l
}

// wish asks for any start on some of the workers, for a new job or for one that is booked.
func (h *house) wish(t *rapid.T) (w placement.Wish, moved *job.Job) {
	w = placement.Wish{Exact: rapid.Bool().Draw(t, "exact"), Moment: rapid.Int64Range(0, 150).Draw(t, "moment")}
	for _, l := range h.lanes {
		if len(w.Candidates) == 0 || rapid.Bool().Draw(t, l.worker+" is a candidate") {
			slot := rapid.Int64Range(0, 30).Draw(t, "slot on "+l.worker)
			w.Candidates = append(w.Candidates, placement.Candidate{Worker: l.worker, Length: estimate.Length{Expected: slot / 2, Slot: slot}})
		}
	}
	var scheduled []job.Job
	for _, l := range h.lanes {
		for _, j := range l.jobs {
			if j.Status == job.Scheduled {
				scheduled = append(scheduled, j)
			}
		}
	}
	if len(scheduled) > 0 && rapid.Bool().Draw(t, "of a booked job") {
		moved = &scheduled[rapid.IntRange(0, len(scheduled)-1).Draw(t, "job")]
		w.JobID = moved.ID
	}
	return w, moved
}

// put writes the job at its place: whatever Place answers has to be free.
func (h *house) put(ctx context.Context, tx store.Tx, place job.Place, moved *job.Job) error {
	if moved != nil {
		j := *moved
		j.MoveTo(place)
		return tx.UpdateJob(ctx, j)
	}
	j := job.Job{ID: uuid.NewString(), UserID: h.user.ID, Workflow: "fox", Status: job.Scheduled, Attempt: 1, Version: 1}
	j.MoveTo(place)
	return tx.InsertJob(ctx, j)
}

func TestPlaceLetsTheJobEndFirstOfAllWorkers(t *testing.T) {
	bookings, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bookings.Close() })
	user := account.User{ID: uuid.NewString(), Name: "Ada"}
	if _, err := bookings.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		err := tx.InsertUser(ctx, user)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	checks := 0
	rapid.Check(t, func(t *rapid.T) {
		checks++
		h := &house{store: bookings, user: user}
		for i := range rapid.IntRange(1, 4).Draw(t, "workers") {
			h.lanes = append(h.lanes, h.fill(t, fmt.Sprintf("%d-%d", checks, i)))
		}
		wish, moved := h.wish(t)
		want, next, nextWorker := expected(h.lanes, wish)
		var got job.Place
		_, err := h.store.Update(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
			if got, err = (*placement.Workers)(nil).Place(context.Background(), tx, wish); err != nil {
				return err
			}
			return h.put(ctx, tx, got, moved)
		})
		if want != nil {
			if err != nil || got != *want {
				t.Fatalf("%+v:\ngot  %+v (%v)\nwant %+v", wish, got, err, *want)
			}
			if moved == nil {
				return
			}
			kept, err := h.store.Job(t.Context(), moved.ID)
			if now := (job.Place{
				Worker:   kept.Worker,
				Start:    kept.Start,
				Duration: kept.Duration,
				Estimate: kept.Estimate,
			}); err != nil || now != got {
				t.Fatalf("moved to %+v, kept at %+v (%v)", got, now, err)
			}
			return
		}
		conflict, is := fault.ConflictOf(err)
		if !is || conflict.NextFree != next || conflict.NextFreeWorker != nextWorker {
			t.Fatalf("%+v:\ngot  %+v (%v)\nwant %d on %s", wish, conflict, err, next, nextWorker)
		}
		if slot := schedule.NewSlot(wish.Moment, wish.Candidates[0].Slot); !conflict.Slot.Overlaps(slot) || conflict.UserName != "Ada" ||
			conflict.Pause != (conflict.JobID == "") {
			t.Fatalf("%+v: %+v is not in the way", wish, conflict)
		}
	})
}

func TestPlaceNeedsAWorker(t *testing.T) {
	if _, err := (*placement.Workers)(nil).Place(t.Context(), nil, placement.Wish{}); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("without any candidate: %v", err)
	}
}
