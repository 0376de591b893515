package memory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// WorkflowVersion implements store.Workflows.
func (s *Store) WorkflowVersion(ctx context.Context, hash string) (store.WorkflowVersion, error) {
	return read(ctx, s, func(state *State) (store.WorkflowVersion, error) { return there(state.versions, hash) })
}

func (t *tx) PutWorkflowVersion(_ context.Context, v store.WorkflowVersion) error {
	if _, there := t.versions[v.Hash]; !there {
		put(t, t.versions, v.Hash, v)
		t.note(store.Thing{Kind: store.VersionKind, Key: v.Hash})
	}
	return nil
}

// Imports implements store.Workflows.
func (s *Store) Imports(ctx context.Context) ([]store.Import, error) {
	return read(ctx, s, func(state *State) (all []store.Import, _ error) {
		for _, id := range slices.Sorted(maps.Keys(state.imports)) {
			i := state.imports[id]
			i.File = nil
			all = append(all, i)
		}
		return all, nil
	})
}

// Import implements store.Workflows.
func (s *Store) Import(ctx context.Context, id string) (store.Import, error) {
	return read(ctx, s, func(state *State) (store.Import, error) { return there(state.imports, id) })
}

func (t *tx) Import(_ context.Context, id string) (store.Import, error) { return there(t.imports, id) }

func (t *tx) PutImport(_ context.Context, i store.Import) error {
	if before, known := t.imports[i.ID]; known {
		i.Importer, i.CreatedAt = before.Importer, before.CreatedAt
	}
	put(t, t.imports, i.ID, i)
	t.note(store.Thing{Kind: store.WorkflowKind, Key: i.ID})
	return nil
}

func (t *tx) DeleteImport(ctx context.Context, id string) error {
	if _, err := there(t.imports, id); err != nil {
		return err
	}
	drop(t, t.imports, id)
	t.note(store.Thing{Kind: store.WorkflowKind, Key: id})
	return t.PutWorkflowPicture(ctx, id, nil)
}

// WorkflowPictures implements store.Workflows.
func (s *Store) WorkflowPictures(ctx context.Context) (map[string]string, error) {
	return read(ctx, s, func(state *State) (map[string]string, error) {
		found := map[string]string{}
		for workflow, picture := range state.pictures {
			sum := sha256.Sum256(picture)
			found[workflow] = hex.EncodeToString(sum[:8])
		}
		return found, nil
	})
}

// WorkflowPicture implements store.Workflows.
func (s *Store) WorkflowPicture(ctx context.Context, workflow string) ([]byte, error) {
	return read(ctx, s, func(state *State) ([]byte, error) { return there(state.pictures, workflow) })
}

func (t *tx) PutWorkflowPicture(_ context.Context, workflow string, picture []byte) error {
	before, known := t.pictures[workflow]
	switch {
	case picture == nil && !known, known && bytes.Equal(before, picture):
		return nil
	case picture == nil:
		drop(t, t.pictures, workflow)
	default:
		put(t, t.pictures, workflow, picture)
	}
	t.note(store.Thing{Kind: store.WorkflowKind, Key: workflow})
	return nil
}
