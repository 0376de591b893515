package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// DeleteUser deletes a user for good, with its bookings when they are to be cancelled, and gives the name that stands in
// its place; store.ErrNotFound, fault.BookingsInWay, ErrLastAdministrator. The caller has seen to it that an administrator asks.
func (s *Service) DeleteUser(
	ctx context.Context, by account.Actor, userID string, cancel bool,
) (deleted account.User, cancelled int, err error) {
	_, err = s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		user, err := tx.User(ctx, userID)
		if err != nil {
			return err
		}
		active, err := tx.ActiveOf(ctx, userID)
		if err != nil {
			return err
		}
		if len(active) > 0 && !cancel {
			return hasBookings(user, active)
		}
		if err := s.cancel(ctx, tx, active); err != nil {
			return err
		}
		deleted, cancelled = user, len(active)
		deleted.Name = nameOfDeleted(userID)
		if err := tx.DeleteUser(ctx, userID, deleted.Name, s.now().UnixMilli()); err != nil {
			return err
		}
		if err := s.keepsAdministrator(ctx, tx, user); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.DeleteUser, fmt.Sprintf("%s is now %s, bookings cancelled: %d", user.Name, deleted.Name, cancelled))
	})
	if err != nil {
		return account.User{}, 0, err
	}
	s.heed(ctx)
	_ = s.EraseDeleted(ctx) // what it does not come to now it does when it is called again
	return deleted, cancelled, nil
}

// maxNamed bounds the bookings that are named of a user who is to be deleted.
const maxNamed = 100

// hasBookings is the error that names the bookings of a user who is to be deleted.
func hasBookings(user account.User, jobs []job.Job) *fault.Error {
	message := fmt.Sprintf("%s has %d bookings: cancel them first, or say that they are to be cancelled", user.Name, len(jobs))
	if len(jobs) == 1 {
		message = user.Name + " has a booking: cancel it first, or say that it is to be cancelled"
	}
	inTheWay := &fault.BookingsInTheWay{Count: len(jobs)}
	for _, j := range jobs[:min(len(jobs), maxNamed)] {
		inTheWay.Bookings = append(inTheWay.Bookings, fault.Booking{JobID: j.ID, UserName: j.UserName, Slot: j.Slot()})
	}
	return &fault.Error{Reason: fault.BookingsInWay, Message: message, Detail: inTheWay}
}

// nameOfDeleted stands in the place of a deleted user's name.
func nameOfDeleted(userID string) string { return "Deleted user " + userID[:8] }

// cancel takes back jobs. A running one is only asked to stop.
func (s *Service) cancel(ctx context.Context, tx store.Tx, jobs []job.Job) error {
	var left [][2]job.Job
	for _, j := range jobs {
		was := j
		if err := j.Cancel(s.now().UnixMilli()); err != nil {
			return err
		}
		if j.Version == was.Version {
			continue // it was asked to stop before
		}
		if err := tx.UpdateJob(ctx, j); err != nil {
			return err
		}
		left = append(left, [2]job.Job{was, j})
	}
	for _, j := range left {
		if err := s.onLeave(ctx, tx, j[0], j[1]); err != nil {
			return err
		}
	}
	return nil
}

// eraseStep bounds the jobs that are erased in one update, which bookings have to wait for.
const eraseStep = 50

// EraseDeleted erases the ended jobs of deleted users, a few at a time. It is called again for those that still run, and
// for what a crash has left.
func (s *Service) EraseDeleted(ctx context.Context) error {
	users, err := s.store.Erasures(ctx)
	if err != nil {
		return err
	}
	for _, id := range users {
		if err := s.erase(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) erase(ctx context.Context, userID string) error {
	waits := false // for a job that still runs
	for q := (store.Query{UserID: userID, Limit: eraseStep}); ; {
		jobs, err := s.store.ListJobs(ctx, q)
		if err != nil {
			return err
		}
		last := len(jobs) < eraseStep
		_, err = s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			running, err := eraseJobs(ctx, tx, jobs)
			waits = waits || running
			if err != nil || !last || waits {
				return err
			}
			return tx.Erased(ctx, userID)
		})
		if err != nil || last {
			return err
		}
		q.After = &store.Cursor{Start: jobs[eraseStep-1].Start, ID: jobs[eraseStep-1].ID}
	}
}

// eraseJobs erases those that have ended and says whether any has not.
func eraseJobs(ctx context.Context, tx store.Tx, jobs []job.Job) (running bool, err error) {
	for _, read := range jobs {
		j, err := tx.Job(ctx, read.ID)
		if err != nil {
			return false, err
		}
		switch {
		case j.Status.Active():
			running = true
			continue
		case j.IsErased():
			continue
		}
		if err := errors.Join(tx.ForgetResults(ctx, j), tx.SetJobAssets(ctx, j.ID, nil, 0)); err != nil {
			return false, err
		}
		j.Erase()
		if err := tx.UpdateJob(ctx, j); err != nil {
			return false, err
		}
	}
	return running, nil
}
