package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// WorkflowVersion implements store.Workflows.
func (s *Store) WorkflowVersion(ctx context.Context, hash string) (store.WorkflowVersion, error) {
	v := store.WorkflowVersion{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT workflow, title, graph, form, editor, more FROM workflow_versions WHERE hash = ?`, hash).
		Scan(&v.Workflow, &v.Title, &v.Graph, &v.Form, &v.Editor, &v.More)
	return v, of("workflow version "+hash, err)
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

const selectImport = `SELECT id, filename, hash, file, edits, imported_by, created_ms, updated_ms FROM workflows WHERE id = ?`

func scanImport(r row) (i store.Import, err error) {
	err = r.Scan(&i.ID, &i.Filename, &i.Hash, &i.File, &i.Edits, &i.Importer, &i.CreatedAt, &i.UpdatedAt)
	return i, of("imported workflow", err)
}

// Imports implements store.Workflows.
func (s *Store) Imports(ctx context.Context) ([]store.Import, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT id, filename, hash, NULL, edits, imported_by, created_ms, updated_ms
		FROM workflows ORDER BY id`)
	return scanAll(rows, err, scanImport)
}

// Import implements store.Workflows.
func (s *Store) Import(ctx context.Context, id string) (store.Import, error) {
	return scanImport(s.read.QueryRowContext(ctx, selectImport, id))
}

func (t *tx) Import(_ context.Context, id string) (i store.Import, err error) {
	return scanImport(t.query(selectImport, id))
}

func (t *tx) PutImport(_ context.Context, i store.Import) error {
	err := t.exec(`INSERT INTO workflows (id, filename, hash, file, edits, imported_by, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET filename = excluded.filename, hash = excluded.hash, file = excluded.file, edits = excluded.edits,
		updated_ms = excluded.updated_ms`, i.ID, i.Filename, i.Hash, i.File, i.Edits, i.Importer, i.CreatedAt, i.UpdatedAt)
	if err != nil {
		return err
	}
	t.note(store.Thing{Kind: store.WorkflowKind, Key: i.ID})
	return nil
}

func (t *tx) DeleteImport(ctx context.Context, id string) error {
	if err := t.execOne(`DELETE FROM workflows WHERE id = ?`, id); err != nil {
		return err
	}
	t.note(store.Thing{Kind: store.WorkflowKind, Key: id})
	return t.PutWorkflowPicture(ctx, id, nil)
}

// WorkflowPictures implements store.Workflows.
func (s *Store) WorkflowPictures(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	rows, err := s.read.QueryContext(ctx, `SELECT workflow, picture FROM workflow_pictures`)
	_, err = scanAll(rows, err, func(r row) (none struct{}, err error) {
		var workflow string
		var picture []byte
		err = classify(r.Scan(&workflow, &picture))
		sum := sha256.Sum256(picture)
		found[workflow] = hex.EncodeToString(sum[:8])
		return none, err
	})
	return found, err
}

// WorkflowPicture implements store.Workflows.
func (s *Store) WorkflowPicture(ctx context.Context, workflow string) (picture []byte, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT picture FROM workflow_pictures WHERE workflow = ?`, workflow).Scan(&picture)
	return picture, of("picture of the workflow "+workflow, err)
}

func (t *tx) PutWorkflowPicture(_ context.Context, workflow string, picture []byte) error {
	var err error
	if picture == nil {
		err = t.execOne(`DELETE FROM workflow_pictures WHERE workflow = ?`, workflow)
	} else {
		err = t.execOne(`INSERT INTO workflow_pictures (workflow, picture) VALUES (?, ?)
			ON CONFLICT (workflow) DO UPDATE SET picture = excluded.picture WHERE picture <> excluded.picture`, workflow, picture)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is so already
	}
	if err == nil {
		t.note(store.Thing{Kind: store.WorkflowKind, Key: workflow})
	}
	return err
}
