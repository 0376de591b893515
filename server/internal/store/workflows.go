package store

import (
	"context"
)

// WorkflowVersion is a workflow as it was when jobs were booked with it.
type WorkflowVersion struct {
	Hash     string
	Workflow string
	Title    string
	Graph    []byte // JSON, as the following
	Form     []byte
	Editor   []byte // the editor's file; nil: none
	More     []byte // nil: none
}

// Import is a workflow that somebody imported.
type Import struct {
	ID        string
	Filename  string
	Hash      string // of File
	File      []byte // JSON, as the following
	Edits     []byte
	Importer  string // a user's id; the user may be gone
	CreatedAt int64
	UpdatedAt int64 // when it was imported or changed last
}

// Workflows reads workflows.
type Workflows interface {
	// WorkflowVersion reads one; ErrNotFound.
	WorkflowVersion(ctx context.Context, hash string) (WorkflowVersion, error)
	// Imports reads all workflows that were imported, by id, without their files.
	Imports(ctx context.Context) ([]Import, error)
	// Import reads one; ErrNotFound.
	Import(ctx context.Context, id string) (Import, error)
	// WorkflowPictures names the workflows that have a picture, each with the hash of that picture.
	WorkflowPictures(ctx context.Context) (map[string]string, error)
	// WorkflowPicture reads the picture of a workflow; ErrNotFound.
	WorkflowPicture(ctx context.Context, workflow string) ([]byte, error)
}

// WorkflowsTx writes workflows.
type WorkflowsTx interface {
	// PutWorkflowVersion keeps a version; the same again does nothing.
	PutWorkflowVersion(ctx context.Context, v WorkflowVersion) error
	// Import reads one; ErrNotFound.
	Import(ctx context.Context, id string) (Import, error)
	// PutImport keeps an imported workflow instead of the one with its id, if there is one.
	PutImport(ctx context.Context, i Import) error
	// DeleteImport forgets an imported workflow, its picture with it; ErrNotFound. Its versions stay.
	DeleteImport(ctx context.Context, id string) error
	// PutWorkflowPicture keeps the picture of a workflow instead of the one that it had; nil: it has none any more.
	PutWorkflowPicture(ctx context.Context, workflow string, picture []byte) error
}
