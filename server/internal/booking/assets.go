package booking

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// noAsset is one answer for a file that is not there and for one of somebody else: who knows a hash must not learn more.
const noAsset = "there is no such file among your uploads: upload it first; one that was not used for long is deleted"

// mayTake says which files among some values a user may not have a job take: fault.InvalidFields, or nil. Those that the job had
// before may stay.
func mayTake(ctx context.Context, tx store.Tx, user account.User, offered workflow.Offer, values, had workflow.Values) error {
	var wrong fault.Fields
	before := had.Assets()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		file, is := values[name].(workflow.File)
		if !is || file.Asset == "" {
			continue
		}
		own, err := tx.OwnedAsset(ctx, file.Asset, user.ID)
		if errors.Is(err, store.ErrNotFound) && slices.Contains(before, file.Asset) {
			own.Asset, err = tx.Asset(ctx, file.Asset)
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			wrong.Add("inputs", name, noAsset)
		case err != nil:
			return err
		default:
			if problem := offered.RefusesKind(name, form.FileKind(own.Kind)); problem != "" {
				wrong.Add("inputs", name, problem)
			} else if offered.MaxFile > 0 && own.Size > offered.MaxFile {
				wrong.Add("inputs", name, fmt.Sprintf("has %d bytes, and its ComfyUI takes %d at most (--max-upload-size)", own.Size, offered.MaxFile))
			}
		}
	}
	return wrong.Err()
}

// take notes which files a job takes, so that they are kept, when it takes others than it did.
func take(ctx context.Context, tx store.Tx, j job.Job, had workflow.Values, now int64) error {
	ids := j.Inputs.Assets()
	if slices.Equal(ids, had.Assets()) {
		return nil
	}
	return tx.SetJobAssets(ctx, j.ID, ids, now)
}
