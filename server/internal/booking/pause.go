package booking

import (
	"context"
	"fmt"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// maxNamed bounds the bookings in the way of a pause that are named.
const maxNamed = 100

// PauseRequest is a pause that is asked for.
type PauseRequest struct {
	Worker   string
	From     int64
	Duration int64
	Reason   string
	Move     bool // the bookings in the way, instead of refusing
}

// Pause keeps a worker free for a while. What runs then ends first. The pause holds at once, whatever is booked in it; the
// bookings inside, which are counted, are moved afterwards by KeepPausesClear. The caller has seen to it that an
// administrator asks.
func (s *Service) Pause(ctx context.Context, by account.Actor, b PauseRequest) (paused schedule.Pause, moving int, err error) {
	worker := b.Worker
	if err := s.checkWorker(worker); err != nil {
		return schedule.Pause{}, 0, err
	}
	_, err = s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		now := s.Now().UnixMilli()
		start, err := afterRunning(ctx, tx, worker, max(b.From, now))
		if err != nil {
			return err
		}
		paused = schedule.Pause{Worker: worker, Slot: schedule.NewSlot(start, b.Duration), Reason: b.Reason, UserID: by.ID, UserName: by.Name}
		inTheWay, err := tx.Within(ctx, worker, paused.Slot, 0)
		if err != nil {
			return err
		}
		moving = len(inTheWay)
		if moving > 0 && !b.Move {
			return refusedBy(ctx, tx, inTheWay)
		}
		if err := tx.PutPause(ctx, paused); err != nil {
			return err
		}
		detail := fmt.Sprintf("%s from %s to %s", worker, moment(paused.Slot.Start), moment(paused.Slot.End))
		if moving > 0 {
			detail += fmt.Sprintf(", bookings moved: %d", moving)
		}
		return tx.InsertEvent(ctx, audit.Event{At: now, UserID: by.ID, Address: by.Address, Action: audit.PauseWorker, Detail: detail})
	})
	if err != nil {
		return schedule.Pause{}, 0, err
	}
	s.clearSoon()
	return paused, moving, nil
}

// clearSoon has KeepPausesClear look at all workers.
func (s *Service) clearSoon() {
	select {
	case s.paused <- struct{}{}:
	default:
	}
}

// afterRunning is the earliest moment at or after from that what runs on the worker leaves free.
func afterRunning(ctx context.Context, tx store.Tx, worker string, from int64) (int64, error) {
	running, err := tx.Running(ctx, worker)
	for _, j := range running {
		from = max(from, j.Slot().End+1, j.ExpectedEnd()+1)
	}
	return from, err
}

// refusedBy is the error that names bookings in the way of a pause.
func refusedBy(ctx context.Context, tx store.Tx, bookings []schedule.Booking) error {
	message := fmt.Sprintf("%d bookings are in the way of the pause", len(bookings))
	inTheWay := &fault.BookingsInTheWay{Count: len(bookings)}
	for _, b := range bookings[:min(len(bookings), maxNamed)] {
		j, err := tx.Job(ctx, b.ID)
		if err != nil {
			return err
		}
		if len(bookings) == 1 {
			message = fmt.Sprintf("a booking of %s's is in the way of the pause", j.UserName)
		}
		inTheWay.Bookings = append(inTheWay.Bookings, fault.Booking{JobID: j.ID, UserName: j.UserName, Slot: j.Slot()})
	}
	return &fault.Error{Reason: fault.BookingsInWay, Message: message, Detail: inTheWay}
}

// Resume ends or takes back a worker's pause.
func (s *Service) Resume(ctx context.Context, by account.Actor, worker string) error {
	if err := s.checkWorker(worker); err != nil {
		return err
	}
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, paused, err := tx.Pause(ctx, worker); err != nil || !paused {
			return err
		}
		if err := tx.DropPause(ctx, worker); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, audit.Event{
			At:      s.Now().UnixMilli(),
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.ResumeWorker,
			Detail:  worker,
		})
	})
	return err
}

// checkWorker returns fault.NotFound for a worker that there is not.
func (s *Service) checkWorker(id string) error {
	if !slices.Contains(s.Offers.Workers(), id) {
		return fault.NoSuch("worker", id)
	}
	return nil
}
