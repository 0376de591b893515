package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ownerRecord names the data folder whose service works with the bookings. A backup has it too: that is how bookings that
// come from elsewhere are known.
const ownerRecord = "owner"

// restored is the owner of bookings that were just restored, which is nobody.
const restored = "restored"

// takeOver makes bookings that come from a backup or a copied folder this service's own, before anything else is done with
// them. What may have run already where they come from is looked for in the output folder, and otherwise put aside: no
// prompt is posted twice.
func (a *App) takeOver(ctx context.Context) error {
	owner, err := a.store.Record(ctx, ownerRecord)
	known := !errors.Is(err, store.ErrNotFound)
	if known && err != nil {
		return err
	}
	if string(owner) == a.folder.ID {
		return nil
	}
	var active []job.Job
	if known {
		if active, err = a.store.ActiveJobs(ctx); err != nil {
			return err
		}
	}
	now, epoch := clock.Now().UnixMilli(), uuid.NewString() // one for each taking over: a folder may be restored into again
	begun := a.findBegun(ctx, active, now)
	_, err = a.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if known { // who followed these bookings elsewhere, or before, has seen another history
			if err := tx.NewEpoch(ctx); err != nil {
				return err
			}
		}
		for _, j := range active {
			left := begun[j.ID]
			if len(left.results) > 0 {
				j.Worker = left.worker
			}
			j.TakeOver(epoch, now, left.results)
			if err := tx.UpdateJob(ctx, j); err != nil {
				return err
			}
		}
		return tx.PutRecord(ctx, ownerRecord, []byte(a.folder.ID))
	})
	if known && err == nil {
		a.Log.Warn("these bookings were restored or copied: what has begun since, or may have, is not run again", "jobs", len(active), "begun",
			len(begun))
	}
	if errors.Is(err, store.ErrFull) && !known {
		return nil // bookings of an older version: the next start notes it
	}
	return err
}

// maxForward bounds the jobs whose slot is to come and that are looked for all the same: each costs a look into the output folders.
const maxForward = 1000

// leftover are the results of a job that may have begun before its bookings were taken over; none: it is put aside.
type leftover struct {
	worker  string
	results []job.Result
}

// findBegun looks for what jobs have left whose slot has begun, and the first of those that may have started before their slot.
func (a *App) findBegun(ctx context.Context, active []job.Job, now int64) map[string]leftover {
	found, forward := map[string]leftover{}, 0
	for _, j := range active { // in the order of their slots
		begun := j.MayHaveBegun(now)
		if !begun {
			if !j.IsMovable() || forward == maxForward {
				continue
			}
			forward++
		}
		worker, results := a.fleet.Left(ctx, j, begun)
		if begun || len(results) > 0 {
			found[j.ID] = leftover{worker, results}
		}
	}
	return found
}

// disown marks bookings in a file as nobody's, so that the service that begins with them takes them over.
func disown(ctx context.Context, bookings store.Store) error {
	_, err := bookings.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, ownerRecord, []byte(restored)) })
	return err
}
