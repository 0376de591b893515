package dispatch

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// noteOverwritten tells the jobs whose files a job has written to that they are not theirs any more. A file with the same content
// still is: ComfyUI gives the file of an earlier run when nothing of the graph has changed. It comes before the job itself is written.
func noteOverwritten(ctx context.Context, tx store.Tx, by job.Job) error {
	for _, result := range by.Results {
		if result.Filename == "" {
			continue
		}
		id, err := tx.ResultJob(ctx, by.Worker, result.Filename)
		if errors.Is(err, store.ErrNotFound) || err == nil && id == by.ID {
			continue
		}
		if err != nil {
			return err
		}
		earlier, err := tx.Job(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if earlier.Overwrite(result) {
			if err := tx.UpdateJob(ctx, earlier); err != nil {
				return err
			}
		}
	}
	return nil
}
