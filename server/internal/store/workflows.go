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

// Workflows reads workflows.
type Workflows interface {
	// WorkflowVersion reads one; ErrNotFound.
	WorkflowVersion(ctx context.Context, hash string) (WorkflowVersion, error)
}

// WorkflowsTx writes workflows.
type WorkflowsTx interface {
	// PutWorkflowVersion keeps a version; the same again does nothing.
	PutWorkflowVersion(ctx context.Context, v WorkflowVersion) error
}
