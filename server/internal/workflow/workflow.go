package workflow

// Workflow is what lists and the live state tell of a workflow: everything but its form.
type Workflow struct {
	ID       string
	Title    string // for people
	Version  string // hash of the current one; empty: not known yet
	Bookable bool   // it is switched on, and at least one worker can run it
	Problems []string
	Source   Source
}

// Source is where a workflow comes from.
type Source string

// The sources.
const (
	FromConfiguration Source = "configuration"
	FromFolder        Source = "folder"
	FromImport        Source = "import"
)
