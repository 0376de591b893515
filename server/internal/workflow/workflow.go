package workflow

import (
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// Workflow holds all that lists and the live state tell of a workflow: everything but its form.
type Workflow struct {
	ID          string
	Title       string // for people
	Description string // for people; may be empty
	Tags        []string
	Version     string // hash of the current one; empty: not known yet
	UpdatedAt   int64  // of the version, milliseconds since the Unix epoch
	Bookable    bool   // it is switched on, and at least one worker can run it
	Disabled    bool   // somebody switched it off
	Problems    []string
	Source      Source
	Paid        bool            // it calls a service that costs money for each run
	Results     []ResultKind    // kinds of what it writes, main result first
	Files       []form.FileKind // kinds of what it takes
	Picture     string          // names the content of its picture; empty: it has none
}

// Source tells where a workflow comes from.
type Source string

// The sources.
const (
	FromConfiguration Source = "configuration"
	FromFolder        Source = "folder"
	FromImport        Source = "import"
)

// Matches reports whether all words of a query stand somewhere in the workflow's texts, whatever their case.
func (w Workflow) Matches(query string) bool {
	texts := append([]string{w.ID, w.Title, w.Description}, w.Tags...)
	all := strings.ToLower(strings.Join(texts, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// Equal reports whether two are told alike.
func (w Workflow) Equal(v Workflow) bool {
	return w.ID == v.ID && w.Title == v.Title && w.Description == v.Description && w.Version == v.Version && w.UpdatedAt == v.UpdatedAt &&
		w.Bookable == v.Bookable && w.Disabled == v.Disabled && w.Source == v.Source && w.Paid == v.Paid && w.Picture == v.Picture &&
		slices.Equal(w.Tags, v.Tags) && slices.Equal(w.Problems, v.Problems) && slices.Equal(w.Results, v.Results) &&
		slices.Equal(w.Files, v.Files)
}
