// Package feed holds the live state that everybody shares and its recent history.
//
// What is kept, jobs and names, follows the store's log of changes and stands at its revisions; the rest, how the service is
// and who watches, has none. What it promises: a reader that asks again with its last cursor gets every change since, in
// order, or a snapshot when it is too far behind, and never both a gap and a delta; one that comes back with a revision
// also after a restart of the service, for as long as the log reaches back to it.
//
// Publishing takes constant time and never waits for a reader: a reader that is slow, new or returning is the same case,
// it is behind. Progress has no revision: the newest of each job counts, what was in between may be lost.
//
// Everything in it is bounded in bytes: jobs are shortened, users are named once and not with each job, connections are
// listed up to a number, and the history ends where it has grown too large.
//
// Connections that come and go are told together, a few times a second: each is news to everybody, so that many at once
// would otherwise cost the square of their number.
//
// What it asks: jobs handed to it are not changed afterwards.
package feed

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// The bounds of a snapshot and of a delta.
const (
	maxScheduled  = 300
	maxEnded      = 100
	maxDeltaBytes = 512 << 10 // on the wire
)

// Feed is the live state. V is what a change is rendered to, once, for all its readers.
type Feed[V any] struct {
	render func(Delta) V

	mu        sync.RWMutex
	at        Revision // of what is kept
	told      int64    // counts all changes, from 1
	history   history[V]
	changed   chan struct{}
	system    health.State
	workflows []workflow.Workflow
	presence  *presence
	gathering bool // a timer will tell who came and went
	gather    time.Duration
	jobs      *jobs
	names     names
	progress  map[string]progress[V]
	ticks     int64 // counts progress
	latest    atomic.Pointer[Snapshot]
}

type progress[V any] struct {
	job.Progress
	rendered V
	tick     int64
}

// New makes an empty feed that stands nowhere: Load comes first. render must be quick and must not call the feed. Connections are told
// at most once in the time of gather.
func New[V any](gather time.Duration, render func(Delta) V) *Feed[V] {
	return &Feed[V]{
		render:   render,
		gather:   gather,
		told:     1,
		changed:  make(chan struct{}),
		presence: newPresence(),
		jobs:     newJobs(),
		names:    newNames(),
		progress: map[string]progress[V]{},
	}
}

// Load fills the feed with what the store holds at a revision, instead of what it held. Who has read before gets a snapshot.
func (f *Feed[V]) Load(at Revision, active, latestEnded []job.Job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.jobs.all() {
		f.names.drop(j.UserID)
	}
	f.jobs, f.progress = newJobs(), map[string]progress[V]{}
	f.at, f.told, f.history = at, f.told+1, history[V]{before: at.Number}
	defer f.wake()
	for _, j := range active {
		f.put(nameless(j), j.UserName)
	}
	for _, j := range slices.Backward(latestEnded) {
		f.put(nameless(j), j.UserName)
	}
}

// put files a job under its status and gives its owner. The caller holds the lock.
func (f *Feed[V]) put(j job.Job, name string) (owner UserName) {
	owner = UserName{j.UserID, f.names.mention(j.UserID, name)}
	for _, userID := range f.jobs.put(j) {
		f.names.drop(userID)
	}
	if j.Status != job.Processing {
		delete(f.progress, j.ID)
	}
	return owner
}

// SetSystem takes in how the service is. The workflows are told with it when a worker has another estimate of one.
func (f *Feed[V]) SetSystem(state health.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := Delta{System: &state}
	if !slices.EqualFunc(f.system.Workers, state.Workers, sameEstimates) {
		d.Workflows = f.workflows
	}
	f.system = state
	f.publish(d)
}

func sameEstimates(a, b health.Worker) bool {
	return a.ID == b.ID && slices.Equal(a.Estimates, b.Estimates)
}

// SetWorkflows takes in what can be booked. How the service is is told with it: the estimates are there.
func (f *Feed[V]) SetWorkflows(workflows []workflow.Workflow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workflows = workflows
	state := f.system
	f.publish(Delta{System: &state, Workflows: workflows})
}

// Connect adds a connection of a user of that name; the function that it returns takes it away again.
func (f *Feed[V]) Connect(made Connection, name string) (disconnect func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names.mention(made.UserID, name)
	c := f.presence.add(made)
	f.tellPresence()
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.presence.remove(c) {
			f.tellPresence()
			f.names.drop(c.UserID)
		}
	}
}

// tellPresence tells the first change at once, and those that follow within the time of gather together. The caller holds
// the lock.
func (f *Feed[V]) tellPresence() {
	if f.gathering {
		return
	}
	d, news := f.presence.tell()
	if !news {
		return
	}
	d.Names = f.names.list(nil, d.Connections, d.Own)
	f.publish(d)
	if f.gather == 0 {
		return
	}
	f.gathering = true
	time.AfterFunc(f.gather, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.gathering = false
		f.tellPresence()
	})
}

// SetProgress takes in how far a running job is. It is dropped when the job is not running.
func (f *Feed[V]) SetProgress(p job.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.jobs.active[p.JobID]
	if !ok || j.Status != job.Processing {
		return
	}
	p.UserID = j.UserID
	f.ticks++
	f.progress[p.JobID] = progress[V]{p, f.render(Delta{Progress: &p}), f.ticks}
	f.wake()
}

// Progress returns how far a running job is.
func (f *Feed[V]) Progress(jobID string) (job.Progress, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	p, ok := f.progress[jobID]
	return p.Progress, ok
}

// System returns how the service is.
func (f *Feed[V]) System() health.State {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.system
}

// Revision gives the newest change that was taken in.
func (f *Feed[V]) Revision() Revision {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.at
}

// Presence counts who watches.
func (f *Feed[V]) Presence() Presence {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.presence.count()
}

// publish tells a change of what is not kept. The caller holds the lock.
func (f *Feed[V]) publish(d Delta) {
	d.Revision = f.at
	f.add(d, f.at.Number)
	f.wake()
}

// add notes a change that belongs to a revision. The caller holds the lock.
func (f *Feed[V]) add(d Delta, number int64) {
	f.told++
	f.history.add(f.render(d), number, d.size())
}

// Notify wakes all readers although there is nothing new, for what they look at besides.
func (f *Feed[V]) Notify() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake()
}

func (f *Feed[V]) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}
