package fleet

import (
	"context"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// measurable finds out what could be measured on a worker. It keeps what it has found out of each version.
type measurable struct {
	stock  *library.Stock
	wanted *wanted

	mu    sync.Mutex
	info  *objectinfo.Info // that known is of
	known map[string]measured.Candidate
}

// candidates returns the workflows that the worker has everything for, in the order of the menu.
func (m *measurable) candidates(ctx context.Context) (all []measured.Candidate) {
	wanted := m.wanted.count(ctx)
	for _, v := range m.stock.Equipped() {
		c := m.of(v)
		c.Wanted = wanted[c.ID]
		all = append(all, c)
	}
	return all
}

// wanted counts how often each workflow was booked lately, for all lanes.
type wanted struct {
	jobs store.Jobs

	mu    sync.Mutex
	times map[string]int
	at    time.Time
}

const (
	countEvery = time.Minute
	lately     = 200 // jobs that come next, and as many that have ended
)

// count counts bookings by workflow, now and then; what it gives is not changed any more. Where it fails nothing is wanted more than
// another.
func (w *wanted) count(ctx context.Context) map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.times != nil && time.Since(w.at) < countEvery {
		return w.times
	}
	w.times, w.at = map[string]int{}, time.Now()
	next, _ := w.jobs.ListJobs(ctx, store.Query{Statuses: []job.Status{job.Scheduled, job.Processing}, Limit: lately})
	ended, _ := w.jobs.LatestEnded(ctx, lately)
	for _, j := range append(next, ended...) {
		w.times[j.Workflow]++
	}
	return w.times
}

// of returns what is known of a version without asking who wants it.
func (m *measurable) of(v library.Equipped) measured.Candidate {
	m.mu.Lock()
	defer m.mu.Unlock()
	if info := m.stock.Info(); m.known == nil || info != m.info {
		m.info, m.known = info, map[string]measured.Candidate{}
	}
	key := v.ID + " " + v.Hash // two workflows may be alike
	c, is := m.known[key]
	if !is {
		c = measured.Candidate{ID: v.ID, Graph: v.GraphHash(), Never: never(v.Version, m.info)}
		m.known[key] = c
	}
	c.Off = v.Disabled
	return c
}

// never says why a version is not run unless it is booked; nothing when it may be. It goes by the graph as it is kept: making it for
// this ComfyUI would take long with many workflows.
func never(v *workflow.Version, info *objectinfo.Info) string {
	for i := range v.Graph.Nodes {
		if class := info.Class(v.Graph.Nodes[i].Class); class != nil && class.Partner {
			return "it costs money for each run, so it is never measured"
		}
	}
	for i := range v.Form.Inputs {
		if in := &v.Form.Inputs[i]; !in.Hidden && !in.Optional && takesFile(v.Graph, in.Targets, info) {
			return "it needs a file, so it is never measured"
		}
	}
	return ""
}

func takesFile(g *graph.Graph, targets []form.Target, info *objectinfo.Info) bool {
	for _, t := range targets {
		n := g.Node(t.Node)
		if n == nil {
			continue
		}
		class := info.Class(n.Class)
		if class == nil {
			continue
		}
		if spec := class.Input(t.Field); spec != nil && spec.Upload != objectinfo.NoUpload && spec.Required {
			return true
		}
	}
	return false
}

// rejudge takes in that a result was judged anew.
func (l *Lane) rejudge(workflow string) { l.Stock.Rejudge(workflow) }

// MeasureWorkflow has a workflow measured as soon as there is free time, on a worker or on each that has everything for it; or, where
// accept says so, takes the bad result of the run before for good enough. Faults: NotFound, NotBookable when nothing can be measured.
func (f *Fleet) MeasureWorkflow(ctx context.Context, by account.Actor, workflow, worker string, accept bool) error {
	lanes := f.lanes
	if worker != "" {
		l, err := f.Lane(worker)
		if err != nil {
			return err
		}
		lanes = []*Lane{l}
	}
	reason, done := "no worker has everything that it needs", false
	for _, l := range lanes {
		c, can := l.candidate(workflow)
		switch {
		case !can:
			continue
		case accept:
			if l.Ledger.Of(c.Graph).Problem() == "" {
				reason = "there is no bad result to accept"
				continue
			}
			if err := f.accept(ctx, by, l, c); err != nil {
				return err
			}
			l.Stock.Rejudge(workflow)
		case c.Never != "":
			reason = c.Never
			continue
		default:
			if err := l.Ledger.Ask(ctx, c.Graph, f.Now()); err != nil {
				return err
			}
		}
		done = true
	}
	if !done {
		return fault.Newf(fault.NotBookable, "the workflow %s cannot be measured: %s", workflow, reason).With("workflow_id", workflow)
	}
	return nil
}

// accept takes a bad result for good enough, which is noted as the deed of an administrator.
func (f *Fleet) accept(ctx context.Context, by account.Actor, l *Lane, c measured.Candidate) error {
	if err := l.Ledger.Accept(ctx, c.Graph); err != nil {
		return err
	}
	_, err := f.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertEvent(ctx, audit.Event{
			At:      f.Now().UnixMilli(),
			UserID:  by.ID,
			Address: by.Address,
			Action:  audit.UpdateWorkflow,
			Detail:  c.ID + ": its bad result on " + l.ID + " is good enough",
		})
	})
	return err
}

// candidate finds a workflow among those that the lane has everything for.
func (l *Lane) candidate(workflow string) (measured.Candidate, bool) {
	for _, v := range l.Stock.Equipped() {
		if v.ID == workflow {
			return l.measurable.of(v), true
		}
	}
	return measured.Candidate{}, false
}

// Measurement returns what is known on a worker from running a workflow there.
func (f *Fleet) Measurement(worker, workflow string) (known measured.Entry, state measured.State, text string) {
	l, err := f.Lane(worker)
	if err != nil {
		return known, measured.Unmeasured, ""
	}
	c, can := l.candidate(workflow)
	if !can {
		return known, measured.Unmeasured, ""
	}
	state, text = l.Ledger.StateOf(c, f.MeasureEvery)
	if l.Meter.Runs() == workflow {
		state, text = measured.Running, ""
	}
	return l.Ledger.Of(c.Graph), state, text
}

// Transfer returns the time that it takes until files are where a worker's ComfyUI finds them, by their sizes in bytes, in milliseconds.
func (f *Fleet) Transfer(worker string, files map[string]int64) int64 {
	if l, err := f.Lane(worker); err == nil {
		return l.Files.Needs(files).Milliseconds()
	}
	return 0
}

// clearing is the time that a ComfyUI is given to drop a measurement, in milliseconds: mostly it takes less.
const clearing = 1000

// Lead returns the time that a worker needs before it can start a job, in milliseconds.
func (f *Fleet) Lead(worker string) int64 {
	if l, err := f.Lane(worker); err == nil && l.Meter.Measuring() {
		return clearing
	}
	return 0
}
