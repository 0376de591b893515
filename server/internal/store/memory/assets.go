package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ownership is of one user and one asset.
type ownership struct{ userID, assetID string }

// Asset implements store.Assets.
func (s *Store) Asset(ctx context.Context, id string) (store.Asset, error) {
	return read(ctx, s, func(state *State) (store.Asset, error) { return there(state.assets, id) })
}

// OwnedAsset implements store.Assets.
func (s *Store) OwnedAsset(ctx context.Context, id, userID string) (store.OwnedAsset, error) {
	return read(ctx, s, func(state *State) (store.OwnedAsset, error) { return state.owned(id, userID) })
}

func (s *State) owned(id, userID string) (store.OwnedAsset, error) {
	a, there := s.owners[ownership{userID, id}]
	if !there {
		return a, store.ErrNotFound
	}
	a.Asset = s.assets[id]
	return a, nil
}

// OwnedAssets implements store.Assets.
func (s *Store) OwnedAssets(
	ctx context.Context, userID string, kinds []string, after *store.Cursor, limit int,
) ([]store.OwnedAsset, error) {
	return read(ctx, s, func(state *State) (all []store.OwnedAsset, _ error) {
		for o := range state.owners {
			a, _ := state.owned(o.assetID, userID)
			if o.userID == userID && (len(kinds) == 0 || slices.Contains(kinds, a.Kind)) {
				all = append(all, a)
			}
		}
		return page(all, func(a store.OwnedAsset) store.Cursor { return store.Cursor{Start: a.UsedAt, ID: a.ID} }, after, limit), nil
	})
}

// AssetBytes implements store.Assets.
func (s *Store) AssetBytes(ctx context.Context, userID string) (int64, error) {
	return read(ctx, s, func(state *State) (int64, error) { return state.assetBytes(userID), nil })
}

func (s *State) assetBytes(userID string) (n int64) {
	for o := range s.owners {
		if o.userID == userID {
			n += s.assets[o.assetID].Size
		}
	}
	return n
}

// AssetTakers implements store.Assets.
func (s *Store) AssetTakers(ctx context.Context, id string) ([]string, error) {
	return read(ctx, s, func(state *State) ([]string, error) {
		users := map[string]bool{}
		for jobID, ids := range state.jobAssets {
			if slices.Contains(ids, id) {
				users[state.jobs[jobID].UserID] = true
			}
		}
		return slices.Sorted(maps.Keys(users)), nil
	})
}

// AssetAwaited implements store.Assets.
func (s *Store) AssetAwaited(ctx context.Context, id, worker string) (bool, error) {
	return read(ctx, s, func(state *State) (bool, error) {
		for jobID, ids := range state.jobAssets {
			j := state.jobs[jobID]
			mayCome := j.Status == job.Scheduled && !j.Pinned && (j.Sooner || j.Delay != nil)
			if slices.Contains(ids, id) && j.Status.Active() && !j.CancelRequested && (j.Worker == worker || mayCome) {
				return true, nil
			}
		}
		return false, nil
	})
}

func (t *tx) Asset(_ context.Context, id string) (store.Asset, error) { return there(t.assets, id) }

func (t *tx) OwnedAsset(_ context.Context, id, userID string) (store.OwnedAsset, error) {
	return t.owned(id, userID)
}

func (t *tx) AssetBytes(_ context.Context, userID string) (int64, error) {
	return t.assetBytes(userID), nil
}

func (t *tx) PutAsset(_ context.Context, a store.OwnedAsset) error {
	if _, err := t.user(a.Owner); err != nil {
		return store.ErrUserDeleted
	}
	if _, known := t.assets[a.ID]; !known {
		put(t, t.assets, a.ID, a.Asset)
	}
	key := ownership{a.Owner, a.ID}
	if before, known := t.owners[key]; known {
		a.CreatedAt, a.UsedAt, a.Name = before.CreatedAt, max(before.UsedAt, a.UsedAt), cmp.Or(a.Name, before.Name)
	}
	put(t, t.owners, key, a)
	return nil
}

func (t *tx) JobAssets(_ context.Context, jobID string) ([]string, error) {
	return t.jobAssets[jobID], nil
}

func (t *tx) SetJobAssets(_ context.Context, jobID string, ids []string, now int64) error {
	for _, id := range ids {
		if _, err := there(t.assets, id); err != nil {
			return err
		}
		for key, a := range maps.Clone(t.owners) {
			if key.assetID == id && a.UsedAt < now {
				a.UsedAt = now
				put(t, t.owners, key, a)
			}
		}
	}
	put(t, t.jobAssets, jobID, slices.Compact(slices.Sorted(slices.Values(ids))))
	return nil
}

// takes reports whether a job takes an asset that is active, of a user if one is named, or that ended at a moment or later.
func (t *tx) takes(assetID, userID string, endedSince int64) (jobID string, takes bool) {
	for _, id := range slices.Sorted(maps.Keys(t.jobAssets)) {
		j := t.jobs[id]
		wanted := j.Status.Active() || endedSince > 0 && j.FinishedAt >= endedSince
		if wanted && (userID == "" || j.UserID == userID) && slices.Contains(t.jobAssets[id], assetID) {
			return id, true
		}
	}
	return "", false
}

func (t *tx) AssetJob(_ context.Context, id, userID string) (string, error) {
	jobID, takes := t.takes(id, userID, 0)
	if !takes {
		return "", store.ErrNotFound
	}
	return jobID, nil
}

func (t *tx) DisownAsset(_ context.Context, id, userID string) error {
	if _, err := t.owned(id, userID); err != nil {
		return err
	}
	drop(t, t.owners, ownership{userID, id})
	return nil
}

func (t *tx) DisownUnused(_ context.Context, q store.UnusedAssets) error {
	for key, a := range maps.Clone(t.owners) {
		_, taken := t.takes(key.assetID, "", q.Before)
		if q.Limit > 0 && a.UsedAt < q.Before && (t.assets[key.assetID].Kind == q.Kind) != q.Others && !taken {
			drop(t, t.owners, key)
			q.Limit--
		}
	}
	return nil
}

func (t *tx) ForgetAssets(_ context.Context, limit int) (ids []string, _ error) {
	owned := map[string]bool{}
	for key := range t.owners {
		owned[key.assetID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(t.assets)) {
		if _, taken := t.takes(id, "", 0); taken || owned[id] || len(ids) == limit {
			continue
		}
		ids = append(ids, id)
		drop(t, t.assets, id)
		for jobID, taken := range maps.Clone(t.jobAssets) {
			if slices.Contains(taken, id) {
				put(t, t.jobAssets, jobID, slices.DeleteFunc(slices.Clone(taken), func(one string) bool { return one == id }))
			}
		}
	}
	return ids, nil
}

// disown takes all assets from a user.
func (t *tx) disown(userID string) {
	for key := range maps.Clone(t.owners) {
		if key.userID == userID {
			drop(t, t.owners, key)
		}
	}
}
