package sqlite

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// WorkflowVersion implements store.Workflows.
func (s *Store) WorkflowVersion(ctx context.Context, hash string) (store.WorkflowVersion, error) {
	v := store.WorkflowVersion{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT workflow, title, graph, form, editor, more FROM workflow_versions WHERE hash = ?`, hash).
		Scan(&v.Workflow, &v.Title, &v.Graph, &v.Form, &v.Editor, &v.More)
	return v, classify(err)
}

func (t *tx) PutWorkflowVersion(_ context.Context, v store.WorkflowVersion) error {
	err := t.execOne(`INSERT INTO workflow_versions (hash, workflow, title, graph, form, editor, more) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (hash) DO NOTHING`, v.Hash, v.Workflow, v.Title, v.Graph, v.Form, v.Editor, v.More)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is kept already
	}
	if err == nil {
		t.note(store.Thing{Kind: store.VersionKind, Key: v.Hash})
	}
	return err
}
