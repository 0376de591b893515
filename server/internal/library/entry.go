package library

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
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
	content  *graphfile.File // as the file was when it could be read last; nil: never
	broken   error           // why the file cannot be read now
	version  *workflow.Version
	waits    error          // why there is no version yet
	rejected error          // why what the file holds now is not the version
	fits     map[string]fit // whether each worker that was asked can run the version, by worker
	offered  *workflow.Offer
}

// fit says whether a worker can run the current version of a workflow, and why not.
type fit struct {
	info     *objectinfo.Info // that it was held against
	problems []fitness.Problem
}

func (f fit) runs() bool { return len(f.problems) == 0 }

// equipped reports whether the worker has everything that the version needs, whatever came of running it.
func (f fit) equipped() bool {
	return !slices.ContainsFunc(f.problems, func(p fitness.Problem) bool { return p.Kind != fitness.BadResult })
}

// read reads a workflow's file anew. One that cannot be read leaves the content before.
func (l *Library) read(e *entry) {
	content, err := open(e.source.File)
	l.mu.Lock()
	defer l.mu.Unlock()
	e.broken = err
	if err == nil {
		e.content = content
	}
}

func open(name string) (*graphfile.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return graphfile.Read(file)
}

// errNotKnown says that a version depends on ComfyUI's classes, which are not known.
var errNotKnown = errors.New("its form is known when a ComfyUI has told its node classes")

// build makes the version that a file's content is on a ComfyUI. The error lists everything that is wrong, one line each.
func (s Source) build(content *graphfile.File, info *objectinfo.Info) (*workflow.Version, error) {
	file, err := workflowfile.Convert(content, editor.Options{Info: info, Later: true})
	if problems, is := errors.AsType[graph.Problems](err); is && problems[0] == workflowfile.NeedsClasses {
		return nil, errNotKnown
	}
	if err != nil {
		return nil, err
	}
	if s.Bindings == nil {
		return workflow.New(s.ID, s.Title, file, form.Find(file.Graph, info, file.Author)), nil
	}
	kept, err := form.Explicit(file.Graph, s.Bindings)
	if err != nil {
		return nil, err
	}
	return workflow.New(s.ID, s.Title, file, kept), nil
}

// told is a worker's answer to what its node classes are.
type told struct {
	worker string
	info   *objectinfo.Info
	judged func(graph string) string // why a result cannot be used; nil: nothing is known
}

// settle finds out which version a workflow is at and what each worker can run of it. What the file holds now becomes the version,
// unless no worker can run it while one can run the version before. It reports whether the workflow is shown differently now.
func (l *Library) settle(e *entry) (changed bool) {
	e.settling.Lock()
	defer e.settling.Unlock()
	l.mu.Lock()
	content, version := e.content, e.version
	var answers []told
	for _, s := range l.stocks {
		if s.info != nil {
			answers = append(answers, told{s.worker, s.info, s.BadResult})
		}
	}
	l.mu.Unlock()

	s := settled{version: version}
	if content != nil {
		s = e.source.settle(content, version, answers)
	}
	l.mu.Lock()
	before := l.shown(e)
	e.version, e.waits, e.rejected, e.fits, e.offered = s.version, s.waits, s.rejected, s.fits, nil
	if e.version != nil {
		l.known[e.version.Hash] = e.version
	}
	changed = !same(before, l.shown(e))
	l.mu.Unlock()
	return changed
}

func same(a, b workflow.Workflow) bool {
	if !slices.Equal(a.Problems, b.Problems) {
		return false
	}
	a.Problems, b.Problems = nil, nil
	return a.ID == b.ID && a.Title == b.Title && a.Version == b.Version && a.Bookable == b.Bookable && a.Source == b.Source
}

// settled holds the version that settling comes to, and why it is not another one.
type settled struct {
	version  *workflow.Version
	waits    error
	rejected error
	fits     map[string]fit
}

func (s Source) settle(content *graphfile.File, before *workflow.Version, answers []told) settled {
	fresh, fits, err := s.newest(content, answers)
	out := settled{version: fresh, fits: fits, waits: err}
	if before == nil || fresh != nil && fresh.Hash == before.Hash {
		return out
	}
	held := hold(before, answers)
	if fresh != nil && (any(fits) || !any(held)) {
		return out
	}
	if err == nil {
		err = unfit(s.ID, fits[answers[0].worker])
	}
	return settled{version: before, fits: held, rejected: err}
}

// newest makes the version that the content is, by the first worker that can run it, else by the first that tells its classes.
func (s Source) newest(content *graphfile.File, answers []told) (v *workflow.Version, fits map[string]fit, err error) {
	if len(answers) == 0 {
		v, err = s.build(content, nil)
		return v, map[string]fit{}, err
	}
	for _, a := range answers {
		made, failed := s.build(content, a.info)
		if failed != nil {
			if err == nil {
				err = failed
			}
			continue
		}
		held := hold(made, answers)
		if v == nil || held[a.worker].runs() {
			v, fits = made, held
		}
		if held[a.worker].runs() {
			break
		}
	}
	if v != nil {
		err = nil
	}
	return v, fits, err
}

// hold holds a version against the classes of all workers.
func hold(v *workflow.Version, answers []told) map[string]fit {
	fits := make(map[string]fit, len(answers))
	for _, a := range answers {
		offer := v.On(a.info)
		problems := fitness.Unmet(fitness.Check(offer.Graph, a.info), v.Form)
		problems = fitness.ReadHints(v.Editor).Complete(problems)
		problems = append(problems, fitness.CheckForm(v.Form, offer.Graph, a.info)...)
		if a.judged != nil {
			if why := a.judged(v.GraphHash()); why != "" {
				problems = append(problems, fitness.Problem{Kind: fitness.BadResult, Text: why})
			}
		}
		fits[a.worker] = fit{a.info, problems}
	}
	return fits
}

func any(fits map[string]fit) bool {
	for _, f := range fits {
		if f.runs() {
			return true
		}
	}
	return false
}

// unfit says that a ComfyUI cannot run a workflow.
func unfit(id string, f fit) error {
	texts := []string{"this ComfyUI cannot run the workflow " + id + ":"}
	for _, p := range f.problems {
		texts = append(texts, "  "+p.Text)
	}
	return errors.New(strings.Join(texts, "\n"))
}

// shown returns the workflow as everybody may see it.
func (l *Library) shown(e *entry) workflow.Workflow {
	w := workflow.Workflow{ID: e.source.ID, Title: e.source.Title, Source: e.source.From}
	if e.version != nil {
		w.Version = e.version.Hash
	}
	w.Bookable = e.version != nil && any(e.fits)
	switch {
	case e.version == nil && e.broken != nil:
		w.Problems = []string{inOneLine(e.broken)}
	case e.version == nil && e.waits != nil:
		w.Problems = []string{inOneLine(e.waits)}
	case !w.Bookable:
		for _, s := range l.stocks {
			if f, asked := e.fits[s.worker]; asked {
				for _, p := range f.problems {
					w.Problems = append(w.Problems, p.Text)
				}
				break // of the first worker; Workflow.workers tells all
			}
		}
	}
	return w
}

// offer returns the version as the first worker has it that can run it, else as the first that was asked.
func (l *Library) offer(e *entry) (o workflow.Offer, known bool) {
	if e.version == nil {
		return o, false
	}
	if e.offered == nil {
		var info *objectinfo.Info
		for _, s := range l.stocks {
			f, asked := e.fits[s.worker]
			if asked && (info == nil || f.runs()) {
				info = f.info
			}
			if asked && f.runs() {
				break
			}
		}
		made := e.version.On(info)
		e.offered = &made
	}
	return *e.offered, true
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
	}
	if f, asked := e.fits[worker]; asked && !f.runs() {
		return inOneLine(unfit(id, f))
	}
	return ""
}

func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
