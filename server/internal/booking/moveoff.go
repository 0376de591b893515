package booking

import (
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Why a booking stays on a worker that takes none any more.
const (
	pinnedThere = "its owner named this worker"
	noOther     = "no other worker can run it"
)

// moveOff moves a booking off a worker that takes none any more, and says where to, or why it stays; nil when it runs. The caller has
// those that stay behind it load their models, when it has moved all.
func (s *Service) moveOff(ctx context.Context, tx store.Tx, id, reason string, now int64) (*PlannedMove, error) {
	j, err := tx.Job(ctx, id)
	if err != nil || j.Status != job.Scheduled {
		return nil, err
	}
	move := &PlannedMove{Job: j, Problem: pinnedThere}
	if j.Pinned {
		return move, nil
	}
	others, err := s.others(ctx, tx, j)
	if err != nil {
		return nil, err
	}
	if move.Problem = noOther; len(others) == 0 {
		return move, nil
	}
	place, err := s.elsewhere(ctx, tx, others, j, now)
	if err != nil {
		return nil, err
	}
	j.MoveOff(place, reason)
	move.To, move.Worker, move.Problem, move.moved = j.Slot(), j.Worker, "", j
	return move, tx.UpdateJob(ctx, j)
}

// elsewhere finds a place for a booking on other workers: at its own time where one is free then, else the next free start.
func (s *Service) elsewhere(ctx context.Context, tx store.Tx, others []placement.Candidate, j job.Job, now int64) (job.Place, error) {
	wish := placement.Wish{Candidates: s.handed(ctx, tx, others, j, now), Exact: j.Start >= now, Moment: max(j.Start, now), JobID: j.ID}
	place, err := s.workers().Place(ctx, tx, wish)
	if fault.Is(err, fault.SlotTaken) {
		wish.Exact = false
		place, err = s.workers().Place(ctx, tx, wish)
	}
	return place, err
}

// others returns the workers in service, but for its own, that can run a job as it was booked.
func (s *Service) others(ctx context.Context, tx store.Tx, j job.Job) ([]placement.Candidate, error) {
	found, err := s.candidates("", j.Workflow, j.Inputs)
	if err != nil {
		return nil, nil //nolint:nilerr // that is a reason to stay
	}
	var others []placement.Candidate
	for _, c := range found {
		_, out, err := tx.Outage(ctx, c.Worker)
		if err != nil {
			return nil, err
		}
		there, known := s.Offers.On(c.Worker, j.Workflow)
		runs := !known || there.Version == nil || there.Hash == j.WorkflowVersion
		if !out && runs && c.Worker != j.Worker && slices.Contains(s.Offers.Workers(), c.Worker) {
			others = append(others, c)
		}
	}
	return others, nil
}

// clearOutage moves bookings off a worker that is out of service which are still there: more than are moved at once, or what
// somebody's update put there meanwhile. It reports whether it moved any.
func (s *Service) clearOutage(ctx context.Context, worker string) (moved bool, err error) {
	if _, out, err := s.Store.Outage(ctx, worker); err != nil || !out {
		return false, err
	}
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		moved = false
		o, out, err := tx.Outage(ctx, worker)
		if err != nil || !out {
			return err
		}
		n, err := s.moveSome(ctx, tx, o)
		moved = n > 0
		return err
	})
	return moved, err
}

// moveSome moves the earliest of the bookings off a worker that can be moved, as many as one update may.
func (s *Service) moveSome(ctx context.Context, tx store.Tx, o schedule.Outage) (moved int, err error) {
	booked, err := tx.Within(ctx, o.Worker, everything, 0)
	if err != nil {
		return 0, err
	}
	var left []placement.Change
	for _, b := range booked {
		move, err := s.moveOff(ctx, tx, b.ID, o.String(), s.Now().UnixMilli())
		if err != nil {
			return 0, err
		}
		left = append(left, move.change()...)
		moved = len(left)
		if moved == clearStep {
			break
		}
	}
	return moved, s.workers().LeftAll(ctx, tx, left)
}
