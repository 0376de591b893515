package booking

import (
	"context"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// goneAgain delays another try to move bookings off workers that are not there any more: which others can run them shows when those
// are up.
const goneAgain = 5 * time.Second

// becauseGone says why a booking leaves a worker that is not in the configuration any more.
func becauseGone(worker string) string {
	return "the worker " + worker + " is not in the configuration any more"
}

// EmptyGone moves bookings off the workers that are not in the configuration any more, as those of one that is out of service are. Those
// that stay say why. A run that was under way there is a new attempt. It reports whether there are bookings that may move later.
func (s *Service) EmptyGone(ctx context.Context) (waiting bool, err error) {
	active, err := s.Store.ActiveJobs(ctx)
	if err != nil {
		return false, err
	}
	known := s.Offers.Workers()
	var gone []string
	for _, j := range active {
		if !slices.Contains(known, j.Worker) && !slices.Contains(gone, j.Worker) {
			gone = append(gone, j.Worker)
		}
	}
	for _, worker := range gone {
		for more := true; more; {
			var waits bool
			if waits, more, err = s.leave(ctx, worker); err != nil {
				return false, err
			}
			waiting = waiting || waits
		}
	}
	return waiting, nil
}

// leave moves bookings off a worker that is gone, as many as one update may, and reports whether some wait and whether there are more.
func (s *Service) leave(ctx context.Context, worker string) (waits, more bool, err error) {
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		waits, more = false, false
		written := 0
		var left []placement.Change
		booked, err := tx.Within(ctx, worker, everything, 0)
		if err != nil {
			return err
		}
		for _, b := range booked {
			if written == clearStep {
				more = true
				break
			}
			stays, wrote, change, err := s.leaves(ctx, tx, b.ID)
			if err != nil {
				return err
			}
			waits = waits || stays
			if wrote {
				written++
			}
			left = append(left, change...)
		}
		return s.workers().LeftAll(ctx, tx, left)
	})
	return waits, more, err
}

// leaves moves one booking off its worker, which is gone, or has it say why it stays, and reports whether it may move later. left is the
// move.
func (s *Service) leaves(ctx context.Context, tx store.Tx, id string) (waits, wrote bool, left []placement.Change, err error) {
	j, err := tx.Job(ctx, id)
	if err != nil {
		return false, false, nil, err
	}
	now, reason := s.Now().UnixMilli(), becauseGone(j.Worker)
	if j.Status == job.Processing {
		if err := s.tryElsewhere(ctx, tx, &j, now, reason); err != nil {
			return false, false, nil, err
		}
		return false, true, nil, tx.UpdateJob(ctx, j)
	}
	move, err := s.moveOff(ctx, tx, id, reason, now)
	if err != nil || move == nil || move.Worker != "" {
		return false, err == nil, move.change(), err
	}
	if !j.MarkLate(reason + ", and " + move.Problem + ": move it to another, or cancel it") {
		return !j.Pinned, false, nil, nil
	}
	return !j.Pinned, true, nil, tx.UpdateJob(ctx, j)
}

// tryElsewhere books another attempt of a job that ran on a worker which is gone: nobody can follow the one that was under way.
func (s *Service) tryElsewhere(ctx context.Context, tx store.Tx, j *job.Job, now int64, reason string) error {
	if j.CancelRequested {
		j.EndCancelled(now)
		return nil
	}
	candidates := placement.Own(*j)
	if !j.Pinned {
		others, err := s.others(ctx, tx, *j)
		if err != nil {
			return err
		}
		if len(others) > 0 {
			candidates = others
		}
	}
	wish := placement.Wish{Candidates: s.handed(ctx, tx, candidates, *j, now), Moment: now, JobID: j.ID}
	place, err := s.workers().Place(ctx, tx, wish)
	if err != nil {
		return err
	}
	j.Retry(place, reason)
	return nil
}
