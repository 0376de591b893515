package booking

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// maxPlanned bounds the bookings that are moved off a worker in the update that takes it out of service, and are named: whoever
// writes beside it waits for no more. The others are moved in steps after it.
const maxPlanned = 200

// PlannedMove tells where a booking goes when its worker goes out of service.
type PlannedMove struct {
	Job     job.Job       // as it is before
	To      schedule.Slot // with Worker
	Worker  string        // empty: it stays, for the problem
	Problem string

	moved job.Job // with Worker: as it is afterwards
}

// change returns the booking before and after it has left its place, and nothing when it stays.
func (m *PlannedMove) change() []placement.Change {
	if m == nil || m.Worker == "" {
		return nil
	}
	return []placement.Change{{Was: m.Job, Is: m.moved}}
}

// Outage is a worker that is asked to go out of service.
type Outage struct {
	Worker string
	Reason string
	Plan   bool // say only what would become of its bookings
}

// Plan tells what becomes of the bookings of a worker that goes out of service.
type Plan struct {
	Moves []PlannedMove // the earliest bookings
	More  int           // how many others there are, which are moved afterwards
}

// TakeOutOfService has a worker take no more bookings and start nothing, until it is returned. What runs there goes on. Each booking
// that is not pinned there goes to another worker that can run it: at its own time where one is free then, else to the next free
// start. The others wait. The caller has seen to it that an administrator asks.
func (s *Service) TakeOutOfService(ctx context.Context, by account.Actor, o Outage) (plan Plan, err error) {
	if err := s.checkWorker(o.Worker); err != nil {
		return plan, err
	}
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		plan = Plan{}
		now := s.Now().UnixMilli()
		outage := schedule.Outage{Worker: o.Worker, Since: now, Reason: o.Reason}
		if before, out, err := tx.Outage(ctx, o.Worker); err != nil {
			return err
		} else if out {
			outage.Since = before.Since
		}
		if err := tx.PutOutage(ctx, outage); err != nil {
			return err
		}
		booked, err := tx.Within(ctx, o.Worker, everything, 0)
		if err != nil {
			return err
		}
		var left []placement.Change
		for _, b := range booked {
			if len(plan.Moves) == maxPlanned {
				plan.More++
				continue
			}
			move, err := s.moveOff(ctx, tx, b.ID, outage.String(), now)
			if err != nil {
				return err
			}
			if move != nil {
				plan.Moves = append(plan.Moves, *move)
				left = append(left, move.change()...)
			}
		}
		if err := s.workers().LeftAll(ctx, tx, left); err != nil {
			return err
		}
		if o.Plan {
			return errOnlyChecked
		}
		detail := fmt.Sprintf("%s, bookings moved: %d", outage, plan.moved())
		return tx.InsertEvent(ctx, workerEvent(by, audit.TakeWorkerOut, now, detail))
	})
	if errors.Is(err, errOnlyChecked) {
		return plan, nil
	}
	if err == nil {
		s.clearSoon()
	}
	return plan, err
}

// everything is a slot that overlaps each other.
var everything = schedule.Slot{Start: 0, End: math.MaxInt64}

func (p Plan) moved() (n int) {
	for _, m := range p.Moves {
		if m.Worker != "" {
			n++
		}
	}
	return n
}

// ReturnToService takes back that a worker is out of service.
func (s *Service) ReturnToService(ctx context.Context, by account.Actor, worker string) error {
	if err := s.checkWorker(worker); err != nil {
		return err
	}
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, out, err := tx.Outage(ctx, worker); err != nil || !out {
			return err
		}
		if err := tx.DropOutage(ctx, worker); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, workerEvent(by, audit.ReturnWorker, s.Now().UnixMilli(), worker))
	})
	return err
}

// workerEvent notes the deed of an administrator to a worker.
func workerEvent(by account.Actor, action audit.Action, now int64, detail string) audit.Event {
	return audit.Event{At: now, UserID: by.ID, Address: by.Address, Action: action, Detail: detail}
}

// inService refuses a place on a worker that is out of service: it may have gone out of it since the candidates were found.
func inService(ctx context.Context, tx store.Tx, place job.Place) (job.Place, error) {
	o, out, err := tx.Outage(ctx, place.Worker)
	if err == nil && out {
		err = fault.New(fault.NotBookable, o.String()).With("worker_id", o.Worker)
	}
	return place, err
}
