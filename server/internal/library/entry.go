package library

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// entry is one workflow. Its settling comes before the library's mu, which guards the rest.
type entry struct {
	settling sync.Mutex // one settling at a time
	source   Source
	pending  bool  // what is known may be out of date
	removed  bool  // it is off the menu
	seen     stamp // of its files, as they were read last
	content  content
	broken   error // why the file cannot be read now
	ignored  error // why the side file cannot be read now
	settled
	offered *workflow.Offer
	runners runners
	last    workflow.Workflow // as it was shown when it was settled last
}

// content holds what a workflow is made of, as it could be read last. It is immutable.
type content struct {
	file    *graphfile.File // nil: it never could
	edits   edits.Edits
	at      int64  // when it was made, milliseconds since the Unix epoch
	picture string // names the content of its picture; empty: it has none
}

// errNotKnown says that a version depends on ComfyUI's classes, which are not known.
var errNotKnown = errors.New("its form is known when a ComfyUI has told its node classes")

// found makes the graph that a file is on a ComfyUI, and the form that it has without edits. The error lists everything that is wrong,
// one line each.
func (s Source) found(file *graphfile.File, info *objectinfo.Info) (*workflowfile.Workflow, *form.Form, error) {
	opened, err := workflowfile.Convert(file, editor.Options{Info: info, Later: true})
	if problems, is := errors.AsType[graph.Problems](err); is && problems[0] == workflowfile.NeedsClasses {
		return nil, nil, errNotKnown
	}
	if err != nil {
		return nil, nil, err
	}
	if s.Bindings == nil {
		return opened, form.Find(opened.Graph, info, opened.Author), nil
	}
	kept, err := form.Explicit(opened.Graph, s.Bindings)
	return opened, kept, err
}

// build makes the version that a content is on a ComfyUI, and notes which edits it leaves out.
func (s Source) build(c content, info *objectinfo.Info) (v *workflow.Version, notes []string, err error) {
	opened, found, err := s.found(c.file, info)
	if err != nil {
		return nil, nil, err
	}
	kept, notes := c.edits.Apply(found, opened.Graph)
	main := c.edits.MainOutput
	if main != "" && opened.Graph.Node(main) == nil {
		main, notes = "", append(notes, "the main output "+main+" is not in the graph")
	}
	return workflow.New(s.ID, s.title(c), opened, kept, main), notes, nil
}

func (s Source) title(c content) string {
	if c.edits.Title != "" {
		return c.edits.Title
	}
	return s.Title
}

// shown returns the workflow as everybody may see it.
func (l *Library) shown(e *entry) workflow.Workflow {
	w := workflow.Workflow{
		ID:          e.source.ID,
		Title:       e.source.title(e.content),
		Description: e.content.edits.Description,
		Tags:        e.content.edits.Tags,
		Disabled:    e.content.edits.Disabled,
		UpdatedAt:   e.content.at,
		Source:      e.source.From,
		Picture:     e.content.picture,
	}
	if picture := l.pictures[w.ID]; picture != "" {
		w.Picture = picture
	}
	if e.version != nil {
		w.Version = e.version.Hash
		w.Paid, w.Results, w.Files = e.facts.paid, e.facts.results, e.facts.files
	}
	runs := e.version != nil && anyRuns(e.fits)
	w.Bookable = runs && !w.Disabled
	switch {
	case e.version == nil && e.broken != nil:
		w.Problems = []string{inOneLine(e.broken)}
	case e.version == nil && e.waits != nil:
		w.Problems = []string{inOneLine(e.waits)}
	case e.version == nil:
		w.Problems = []string{"it is being read"}
	case !runs:
		w.Problems = l.problems(e)
	}
	return w
}

// problems says why no worker can run a workflow: what the first of those lacks that may; the details tell all.
func (l *Library) problems(e *entry) (texts []string) {
	found := false
	for _, s := range l.stocks {
		f, asked := e.fits[s.worker]
		if !asked || found && f.excluded {
			continue
		}
		texts = nil
		for _, p := range f.problems {
			texts = append(texts, p.Text)
		}
		if found = true; !f.excluded {
			break
		}
	}
	return texts
}

// offer returns the version as the first worker has it that can run it, else as the first that was asked.
func (l *Library) offer(e *entry) (o workflow.Offer, known bool) {
	if e.version == nil {
		return o, false
	}
	if e.offered == nil {
		made := e.version.On(l.reference(e.fits))
		e.offered = &made
	}
	return *e.offered, true
}

// reference returns the classes of the first worker that can run a version, else of the first that was asked; nil.
func (l *Library) reference(fits map[string]fit) (info *objectinfo.Info) {
	for _, s := range l.stocks {
		f, asked := fits[s.worker]
		if asked && f.runs() {
			return f.info
		}
		if asked && info == nil {
			info = f.info
		}
	}
	return info
}

// notice returns what the operator of a worker should know of a workflow; empty: nothing.
func (l *Library) notice(e *entry, worker string) string {
	id := e.source.ID
	switch {
	case e.broken != nil && e.version == nil:
		return fmt.Sprintf("the workflow %s cannot be read: %s", id, inOneLine(e.broken))
	case e.broken != nil:
		return fmt.Sprintf("the edited workflow %s is not used, the version before is: %s", id, inOneLine(e.broken))
	case e.rejected != nil:
		return fmt.Sprintf("the edited workflow %s is not used, the version before is: %s", id, inOneLine(e.rejected))
	case e.ignored != nil:
		return fmt.Sprintf("the side file of the workflow %s is not used: %s", id, inOneLine(e.ignored))
	}
	if f, asked := e.fits[worker]; asked && !f.runs() && !f.excluded {
		return inOneLine(unfit(id, f))
	}
	return ""
}

// inOneLine is the text of an error whose lines, such as one for each node, are told apart by semicolons.
func inOneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return strings.Join(lines, "; ")
}
