package store

import (
	"context"
)

// Template is a workflow's template as it was when jobs were booked with it.
type Template struct {
	Hash     string
	Workflow string
	Title    string
	Graph    []byte
	Bindings []byte // JSON
}

// Templates reads templates.
type Templates interface {
	// Template reads one; ErrNotFound.
	Template(ctx context.Context, hash string) (Template, error)
}

// TemplatesTx writes templates.
type TemplatesTx interface {
	// PutTemplate keeps a template; the same again does nothing.
	PutTemplate(ctx context.Context, t Template) error
}
