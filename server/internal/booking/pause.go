package booking

import (
	"context"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// InTheWayError names the bookings that are in the way of a pause.
type InTheWayError struct{ Jobs []job.Job }

func (e *InTheWayError) Error() string {
	if len(e.Jobs) == 1 {
		return fmt.Sprintf("a booking of %s's is in the way of the pause", e.Jobs[0].UserName)
	}
	return fmt.Sprintf("%d bookings are in the way of the pause", len(e.Jobs))
}

// Break is a pause that is asked for.
type Break struct {
	Worker   string // empty: the first
	From     int64
	Duration int64
	Reason   string
	Move     bool // the bookings in the way, instead of refusing
}

// Pause keeps a worker free for a while. What runs then ends first. The caller has seen to it that an administrator asks.
func (s *Service) Pause(ctx context.Context, by store.Actor, b Break) (paused store.Pause, moved int, err error) {
	worker, err := s.workerOr(b.Worker)
	if err != nil {
		return store.Pause{}, 0, err
	}
	err = s.store.Update(ctx, func(tx store.Tx) error {
		moved = 0
		now := s.now().UnixMilli()
		start := max(b.From, now)
		running, err := tx.Running(worker)
		if err != nil {
			return err
		}
		for _, j := range running {
			start = max(start, j.Slot().End+1, max(j.StartedAt, j.Start)+j.Estimate+1)
		}
		paused = store.Pause{Worker: worker, Slot: schedule.NewSlot(start, b.Duration), Reason: b.Reason, UserID: by.ID, UserName: by.Name}
		if err := tx.DropPause(worker); err != nil { // else it would be in its own way
			return err
		}
		inTheWay, err := within(tx, worker, paused.Slot)
		if err != nil {
			return err
		}
		if len(inTheWay) > 0 && !b.Move {
			return &InTheWayError{inTheWay}
		}
		for _, j := range inTheWay {
			next, err := NextFree(tx, worker, paused.Slot.End+1, j.Duration, j.ID)
			if err != nil {
				return err
			}
			j.MovePaused(next, paused.Because())
			if err := tx.UpdateJob(j); err != nil {
				return err
			}
			moved++
		}
		if err := tx.PutPause(paused); err != nil {
			return err
		}
		detail := fmt.Sprintf("%s from %s to %s", worker, moment(paused.Slot.Start), moment(paused.Slot.End))
		if moved > 0 {
			detail += fmt.Sprintf(", bookings moved: %d", moved)
		}
		return tx.InsertEvent(store.Event{At: now, UserID: by.ID, Address: by.Address, Action: store.PauseWorker, Detail: detail})
	})
	return paused, moved, err
}

// Resume ends or takes back a worker's pause.
func (s *Service) Resume(ctx context.Context, by store.Actor, worker string) error {
	worker, err := s.workerOr(worker)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx store.Tx) error {
		if _, paused := tx.Pause(worker); !paused {
			return nil
		}
		if err := tx.DropPause(worker); err != nil {
			return err
		}
		return tx.InsertEvent(store.Event{At: s.now().UnixMilli(), UserID: by.ID, Address: by.Address, Action: store.ResumeWorker, Detail: worker})
	})
}

// within reads the active jobs that overlap the slot, earliest first.
func within(tx store.Tx, worker string, slot schedule.Slot) ([]job.Job, error) {
	var jobs []job.Job
	for {
		id, found := tx.Blocking(worker, slot, "")
		if !found {
			return jobs, nil
		}
		j, err := tx.Job(id)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
		slot.Start = j.Slot().End + 1
		if slot.Start > slot.End {
			return jobs, nil
		}
	}
}

func (s *Service) workerOr(id string) (string, error) {
	for _, known := range s.offers.Workers() {
		if id == "" || id == known {
			return known, nil
		}
	}
	return "", &UnknownError{"worker", id}
}
