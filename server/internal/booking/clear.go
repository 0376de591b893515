package booking

import (
	"context"
	"log/slog"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// clearStep bounds the bookings that are moved out of a pause in one update: whoever writes beside it waits for no more.
const clearStep = 50

// clearAgain delays another try after bookings could not be moved.
const clearAgain = time.Second

// KeepPausesClear moves bookings out of the pauses of all workers, and off those that are out of service, until ctx ends: what a life
// before this one left there, and whatever is new.
func (s *Service) KeepPausesClear(ctx context.Context, log *slog.Logger) error {
	for gone := true; ; {
		var again <-chan time.Time
		if s.recall.Swap(false) {
			if err := s.recallModels(ctx); err != nil && ctx.Err() == nil {
				log.Error("cannot find out which models bookings need", "err", err)
				s.recall.Store(true)
				again = time.After(clearAgain)
			}
		}
		for _, worker := range s.Offers.Workers() {
			if err := s.clear(ctx, worker); err != nil && ctx.Err() == nil {
				log.Error("cannot move bookings out of the pause", "worker", worker, "err", err)
				again = time.After(clearAgain)
			}
			if moved, err := s.clearOutage(ctx, worker); err != nil && ctx.Err() == nil {
				log.Error("cannot move bookings off the worker that is out of service", "worker", worker, "err", err)
				again = time.After(clearAgain)
			} else if moved {
				again = time.After(0) // there may be more
			}
		}
		if gone {
			var err error
			if gone, err = s.EmptyGone(ctx); err != nil && ctx.Err() == nil {
				log.Error("cannot move bookings off workers that are not in the configuration any more", "err", err)
				gone = true
			}
			if gone && again == nil {
				again = time.After(goneAgain)
			}
		}
		select {
		case <-s.paused:
		case <-again:
		case <-ctx.Done():
			return nil
		}
	}
}

// WorkerUp is told that a worker is ready for the first time: what it was booked for counts from now on.
func (s *Service) WorkerUp() {
	s.recall.Store(true)
	s.clearSoon()
}

// recallModels finds out which models are in play, of what was booked before the service has started.
func (s *Service) recallModels(ctx context.Context) error {
	booked, err := s.Store.ActiveJobs(ctx)
	if err == nil {
		s.workers().Recall(booked)
	}
	return err
}

// clear moves all bookings out of a worker's pause.
func (s *Service) clear(ctx context.Context, worker string) error {
	for more := true; more; {
		var err error
		if _, more, err = s.ClearPause(ctx, worker); err != nil {
			return err
		}
	}
	return nil
}

// ClearPause moves some bookings out of a worker's pause, the earliest ones first, and says whether there are more. Each
// goes to the next free slot after the pause. The step is an update of its own, so that others write between two of them.
func (s *Service) ClearPause(ctx context.Context, worker string) (moved int, more bool, err error) {
	if _, paused, err := s.Store.Pause(ctx, worker); err != nil || !paused {
		return 0, false, err
	}
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		moved, more = 0, false
		pause, paused, err := tx.Pause(ctx, worker)
		if err != nil || !paused {
			return err
		}
		inside, err := tx.Within(ctx, worker, pause.Slot, clearStep)
		if err != nil {
			return err
		}
		var outside []placement.Change
		for _, b := range inside {
			j, err := tx.Job(ctx, b.ID)
			if err != nil {
				return err
			}
			if j.Status != job.Scheduled {
				continue // it runs, and the pause began without waiting for it
			}
			change, err := s.moveBehind(ctx, tx, j, pause)
			if err != nil {
				return err
			}
			outside = append(outside, change)
			moved++
		}
		if err := s.workers().LeftAll(ctx, tx, outside); err != nil {
			return err
		}
		left, err := tx.Within(ctx, worker, pause.Slot, 1)
		more = moved > 0 && len(left) > 0
		return err
	})
	return moved, more, err
}

// moveBehind moves a job out of the pause that it is in, to the next free start after its own.
func (s *Service) moveBehind(ctx context.Context, tx store.Tx, j job.Job, pause schedule.Pause) (placement.Change, error) {
	was, now := j, s.Now().UnixMilli()
	wish := placement.Wish{Candidates: s.handed(ctx, tx, s.workers().Of(j), j, now), Moment: max(j.Start, now), JobID: j.ID}
	place, err := s.workers().Place(ctx, tx, wish)
	if err != nil {
		return placement.Change{}, err
	}
	j.MovePaused(place, pause)
	return placement.Change{Was: was, Is: j}, tx.UpdateJob(ctx, j)
}
