package sqlite

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Template implements store.Templates.
func (s *Store) Template(ctx context.Context, hash string) (store.Template, error) {
	t := store.Template{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT workflow, title, graph, bindings FROM templates WHERE hash = ?`, hash).Scan(&t.Workflow,
		&t.Title, &t.Graph, &t.Bindings)
	return t, classify(err)
}

func (t *tx) PutTemplate(_ context.Context, template store.Template) error {
	err := t.execOne(`INSERT INTO templates (hash, workflow, title, graph, bindings) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
		template.Hash, template.Workflow, template.Title, template.Graph, template.Bindings)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it is kept already
	}
	if err == nil {
		t.note(store.Thing{Kind: store.TemplateKind, Key: template.Hash})
	}
	return err
}
