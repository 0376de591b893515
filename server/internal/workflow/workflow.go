package workflow

// Workflow is a workflow as it can be booked now.
type Workflow struct {
	ID           string
	Title        string
	TemplateHash string
	Description  Description
}
