package library

import (
	"errors"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// settled holds the version that settling comes to, and why it is not another one.
type settled struct {
	version  *workflow.Version // nil: not known
	notes    []string          // edits that the version leaves out
	waits    error             // why there is no version yet
	rejected error             // why what the file holds now is not the version
	fits     map[string]fit    // whether each worker that was asked can run the version, by worker
	facts    facts
}

// facts holds what a version makes and takes, where that is known.
type facts struct {
	paid    bool
	results []workflow.ResultKind
	files   []form.FileKind
}

// fit says whether a worker can run the current version of a workflow, and why not.
type fit struct {
	info     *objectinfo.Info // that it was held against
	problems []fitness.Problem
	excluded bool // the configuration does not let the worker run it
}

func (f fit) runs() bool { return len(f.problems) == 0 }

// equipped reports whether the worker has everything that the version needs, whatever came of running it.
func (f fit) equipped() bool {
	return !slices.ContainsFunc(f.problems, func(p fitness.Problem) bool { return p.Kind != fitness.BadResult })
}

// told is a worker's answer to what its node classes are.
type told struct {
	worker string
	info   *objectinfo.Info
	judged func(graph string) string  // why a result cannot be used; nil: nothing is known
	mayRun func(workflow string) bool // nil: any
}

// excludes reports whether the configuration does not let the worker run a workflow.
func (a told) excludes(id string) bool { return a.mayRun != nil && !a.mayRun(id) }

// settle finds out which version a workflow is at and what each worker can run of it. What the file holds now becomes the version,
// unless no worker can run it while one can run the version before. It reports whether the
// workflow is shown differently since it was settled last.
func (l *Library) settle(e *entry) (changed bool) {
	e.settling.Lock()
	defer e.settling.Unlock()
	l.mu.Lock()
	e.pending = false
	source, c, version := e.source, e.content, e.version
	var answers []told
	for _, s := range l.stocks {
		if s.info != nil {
			answers = append(answers, told{s.worker, s.info, s.BadResult, s.MayRun})
		}
	}
	l.mu.Unlock()

	var s settled
	if c.file != nil {
		s = source.settle(c, version, answers)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.version != nil {
		s.facts = factsOf(s.version.Bare(l.reference(s.fits)))
		l.known[s.version.Hash] = s.version
	}
	e.settled, e.offered = s, nil
	l.news++
	before, now := e.last, l.shown(e)
	e.last = now
	return !now.Equal(before)
}

func factsOf(o workflow.Offer) (f facts) {
	f.paid = o.Paid()
	for _, out := range o.Outputs() {
		if out.Kind != "" && !slices.Contains(f.results, out.Kind) {
			f.results = append(f.results, out.Kind)
		}
	}
	for _, in := range o.Version.Form.Inputs {
		if in.File != "" && !in.Hidden && !slices.Contains(f.files, in.File) {
			f.files = append(f.files, in.File)
		}
	}
	return f
}

func (s Source) settle(c content, before *workflow.Version, answers []told) settled {
	out := s.newest(c, answers)
	if before == nil || out.version != nil && out.version.Hash == before.Hash {
		return out
	}
	held := hold(before, answers)
	if out.version != nil && (anyRuns(out.fits) || !anyRuns(held)) {
		return out
	}
	err := out.waits
	if err == nil {
		err = unfit(s.ID, out.fits[answers[0].worker])
	}
	return settled{version: before, fits: held, rejected: err}
}

// newest makes the version that the content is, by the first worker that can run it, else by the first that tells its classes.
func (s Source) newest(c content, answers []told) (out settled) {
	out.fits = map[string]fit{}
	if len(answers) == 0 {
		out.version, out.notes, out.waits = s.build(c, nil)
		return out
	}
	for _, a := range answers {
		made, notes, failed := s.build(c, a.info)
		if failed != nil {
			if out.version == nil && out.waits == nil {
				out.waits = failed
			}
			if out.version == nil {
				out.fits[a.worker] = unmade(c, a.info, failed)
			}
			continue
		}
		held := hold(made, answers)
		if out.version == nil || held[a.worker].runs() {
			out = settled{version: made, notes: notes, fits: held}
		}
		if held[a.worker].runs() {
			break
		}
	}
	return out
}

// unmade says why there is no version for a ComfyUI.
func unmade(c content, info *objectinfo.Info, failed error) fit {
	f := fit{info: info}
	problems, is := errors.AsType[graph.Problems](failed)
	if !is {
		f.problems = []fitness.Problem{{Kind: fitness.Other, Text: inOneLine(failed)}}
	}
	for _, p := range problems {
		found := fitness.Problem{Kind: fitness.Other, Text: p.Error(), NodeID: p.Node, NodeTitle: p.Title, Class: p.Class}
		if p.Class != "" && info.Class(p.Class) == nil {
			found.Kind = fitness.MissingClass
		}
		f.problems = append(f.problems, found)
	}
	f.problems = fitness.ReadHints(c.file.Editor).Complete(f.problems)
	return f
}

// hold holds a version against the classes of all workers.
func hold(v *workflow.Version, answers []told) map[string]fit {
	fits := make(map[string]fit, len(answers))
	hints := fitness.ReadHints(v.Editor)
	for _, a := range answers {
		offer := v.Bare(a.info)
		problems := hints.Complete(fitness.Unmet(fitness.Check(offer.Graph, a.info), v.Form))
		problems = append(problems, fitness.CheckForm(v.Form, offer.Graph, a.info)...)
		if a.judged != nil {
			if why := a.judged(v.GraphHash()); why != "" {
				problems = append(problems, fitness.Problem{Kind: fitness.BadResult, Text: why})
			}
		}
		f := fit{info: a.info, problems: problems, excluded: a.excludes(v.ID)}
		if f.excluded {
			f.problems = append(f.problems, fitness.Problem{Kind: fitness.Other, Text: notItsOwn})
		}
		fits[a.worker] = f
	}
	return fits
}

// notItsOwn says why a worker does not run a workflow that it has everything for.
const notItsOwn = "this worker is not for it: the configuration names others in its list workers.workflows"

func anyRuns(fits map[string]fit) bool {
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
