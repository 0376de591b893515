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
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
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
			}
		}
	}
	return wrong.Err()
}

// fitting returns the candidates whose ComfyUIs take files as large as those among some values, each with the time that it takes until
// they are there; where none does it returns them all, and fault.InvalidFields.
func (s *Service) fitting(
	ctx context.Context, tx store.Tx, candidates []placement.Candidate, workflowID string, values workflow.Values, now int64,
) (found []placement.Candidate, err error) {
	ids := values.Assets()
	if len(ids) == 0 {
		return candidates, nil
	}
	sizes := make(map[string]int64, len(ids))
	for _, id := range ids {
		asset, err := tx.Asset(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // told already, or gone: then it is the job's reason when it begins
		}
		if err != nil {
			return nil, err
		}
		sizes[id] = asset.Size
	}
	most := int64(0) // that any of them takes
	for _, c := range candidates {
		if limit := s.takes(c.Worker, workflowID); limit > 0 && hasLarger(sizes, limit) {
			most = max(most, limit)
			continue
		}
		if s.Transfer != nil {
			c.Files = now + s.Transfer(c.Worker, sizes)
		}
		found = append(found, c)
	}
	if len(found) == 0 && len(candidates) > 0 {
		return candidates, tooLarge(values, sizes, most)
	}
	return found, nil
}

// takes returns the bytes of a file that a worker takes, 0 when that is not known.
func (s *Service) takes(worker, workflowID string) int64 {
	if there, known := s.Offers.On(worker, workflowID); known && there.MaxFile != nil {
		return there.MaxFile()
	}
	return 0
}

func hasLarger(sizes map[string]int64, than int64) bool {
	for _, size := range sizes {
		if size > than {
			return true
		}
	}
	return false
}

// tooLarge says which files are larger than any ComfyUI takes that could run the job.
func tooLarge(values workflow.Values, sizes map[string]int64, most int64) error {
	var wrong fault.Fields
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if file, is := values[name].(workflow.File); is && sizes[file.Asset] > most {
			wrong.Add("inputs", name, fmt.Sprintf("has %d bytes, and its ComfyUI takes %d at most (--max-upload-size)", sizes[file.Asset], most))
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
