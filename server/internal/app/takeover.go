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
	results := map[string][]job.Result{}
	for _, j := range active {
		if j.MayHaveBegun(now) {
			results[j.ID] = a.fleet.ResultsOf(ctx, j)
		}
	}
	_, err = a.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if known { // who followed these bookings elsewhere, or before, has seen another history
			if err := tx.NewEpoch(ctx); err != nil {
				return err
			}
		}
		for _, j := range active {
			j.TakeOver(epoch, now, results[j.ID])
			if err := tx.UpdateJob(ctx, j); err != nil {
				return err
			}
		}
		return tx.PutRecord(ctx, ownerRecord, []byte(a.folder.ID))
	})
	if known && err == nil {
		a.Log.Warn("these bookings were restored or copied: what has begun since, or may have, is not run again", "jobs", len(active), "begun",
			len(results))
	}
	if errors.Is(err, store.ErrFull) && !known {
		return nil // bookings of an older version: the next start notes it
	}
	return err
}

// disown marks bookings in a file as nobody's, so that the service that begins with them takes them over.
func disown(ctx context.Context, bookings store.Store) error {
	_, err := bookings.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, ownerRecord, []byte(restored)) })
	return err
}
