package placement

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// ErrNotReady: no duration has been measured yet.
var ErrNotReady = fault.New(fault.NotReady, "nobody knows yet how long that takes: no worker that can run it has been ready yet")

// Offers tells which workflows can run on which workers.
type Offers interface {
	// Candidates returns the workers on which a job of a workflow may be booked, in the order of the configuration, each with the
	// workflow as On has it; the one that is named when there is a name. fault.NotFound, fault.NotBookable.
	Candidates(workflow, worker string) ([]workflow.There, error)
	// On returns a workflow as a worker offers it, which may have other models to choose from; false when that is not known.
	On(worker, id string) (workflow.Offer, bool)
}

// Workers finds the workers that can run something, and how long it takes there. It is safe for concurrent use.
type Workers struct {
	Offers    Offers
	Estimator estimate.Estimator
	// IsReady reports whether a worker could start a job now; nil: all could.
	IsReady func(worker string) bool
	Models  *Models
}

// Candidates returns the workers on which a workflow can be booked with some values, or the one that is named, with how long it takes
// there; fault.NotFound, fault.NotBookable, ErrNotReady. Where none takes the values it returns them all, and fault.InvalidFields.
func (w Workers) Candidates(worker, workflow string, inputs workflow.Values) (found []Candidate, err error) {
	offers, err := w.Offers.Candidates(workflow, worker)
	if err != nil {
		return nil, err
	}
	found = make([]Candidate, 0, len(offers))
	var others []Candidate // that do not take the values
	var refused error
	var held holding
	answers := w.estimates(workflow, inputs, offers)
	noted := ""
	for i := range offers {
		there, answer := &offers[i], &answers[i]
		if !answer.Known {
			continue
		}
		if answer.Models != noted {
			noted = answer.Models
			w.Models.note(noted)
		}
		c := Candidate{Worker: there.Worker, Length: answer.Length}
		if there.Version != nil {
			if err := held.check(&there.Offer, inputs); err != nil {
				others = append(others, c)
				if refused == nil {
					refused = err
				}
				continue
			}
		}
		found = append(found, c)
	}
	switch {
	case len(found) > 0:
		return found, nil
	case len(others) > 0:
		return others, refused
	}
	return nil, ErrNotReady
}

// estimates returns how long a run takes on each of some workers.
func (w Workers) estimates(id string, inputs workflow.Values, offers []workflow.There) []estimate.Answer {
	if many, is := w.Estimator.(estimate.ForMany); is {
		return many.All(id, inputs, offers)
	}
	answers := make([]estimate.Answer, len(offers))
	for i := range offers {
		answers[i].Length, answers[i].Known = w.Estimator.Estimate(offers[i].Worker, id, inputs)
	}
	return answers
}

// holding holds values against the forms of many workers, one after the other: those that are alike share one, which is asked once.
type holding struct {
	form  *form.Form
	err   error
	files bool // there are files, which lie on one worker and not on another
}

func (h *holding) check(there *workflow.Offer, inputs workflow.Values) error {
	if h.form != nil && h.form == there.Form && !h.files {
		return h.err
	}
	h.form, h.err = there.Form, there.CheckKnown(inputs)
	for _, value := range inputs {
		if _, is := value.(workflow.File); is {
			h.files = true
		}
	}
	return h.err
}

// Of returns the workers that a job may go to when the service moves it, as able, without those that are not ready, unless none is.
func (w *Workers) Of(j job.Job) []Candidate {
	found := w.able(j)
	if ready := slices.DeleteFunc(slices.Clone(found), func(c Candidate) bool { return !w.isReady(c.Worker) }); len(ready) > 0 {
		return ready
	}
	return found
}

// Own is the worker that a job is booked on, with the time that it takes there as far as it is known now.
func (w *Workers) Own(j job.Job) []Candidate {
	length, known := w.Estimator.Estimate(j.Worker, j.Workflow, j.Inputs)
	if !known {
		return Own(j)
	}
	w.Models.note(length.Models)
	return []Candidate{{Worker: j.Worker, Length: length}}
}

// Recall takes in which models are in play, of jobs that are booked, although nobody has asked for them since the service has started.
func (w *Workers) Recall(booked []job.Job) {
	for _, j := range booked {
		if w.Models.areSeveral() {
			return
		}
		w.Own(j)
	}
}

// able returns the worker that a job is pinned to, else every one that can run the version that it was booked with, which its own
// always can. There is at least one. w may be nil: then it is the job's own.
func (w *Workers) able(j job.Job) []Candidate {
	if j.Pinned {
		return w.ableOf(j.Worker, j)
	}
	return w.ableOf("", j)
}

// ableOf is able of the worker that is named; of all for none.
func (w *Workers) ableOf(named string, j job.Job) []Candidate {
	if w == nil {
		return Own(j)
	}
	found, err := w.Candidates(named, j.Workflow, j.Inputs)
	if err != nil {
		return Own(j)
	}
	found = slices.DeleteFunc(found, func(c Candidate) bool {
		there, known := w.Offers.On(c.Worker, j.Workflow)
		return c.Worker != j.Worker && known && there.Version != nil && there.Hash != j.WorkflowVersion
	})
	if len(found) == 0 {
		return Own(j)
	}
	return found
}

// Others returns the workers that could start a job now instead of its own.
func (w *Workers) Others(j job.Job) []Candidate {
	if w == nil || j.Pinned {
		return nil
	}
	return slices.DeleteFunc(w.able(j), func(c Candidate) bool { return c.Worker == j.Worker || !w.isReady(c.Worker) })
}

// On returns a worker as a candidate for a job that it may run; false when it may not.
func (w *Workers) On(worker string, j job.Job) (Candidate, bool) {
	if j.Pinned && worker != j.Worker {
		return Candidate{}, false
	}
	all := w.ableOf(worker, j) // not of all: each lane that is idle asks for itself
	i := slices.IndexFunc(all, func(c Candidate) bool { return c.Worker == worker })
	if i < 0 {
		return Candidate{}, false
	}
	return all[i], true
}

func (w *Workers) isReady(worker string) bool {
	return w == nil || w.IsReady == nil || w.IsReady(worker)
}
