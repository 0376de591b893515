// Package feed holds the live state that everybody shares and its recent history.
//
// What it promises: revisions rise by one with each change and never skip; a reader that asks again with its last cursor
// gets every change since, in order, or a snapshot when it is too far behind, and never both a gap and a delta.
// Publishing takes constant time and never waits for a reader: a reader that is slow, new or returning is the same case,
// it is behind. Progress has no revision: the newest of each job counts, what was in between may be lost.
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

	"github.com/google/uuid"
	"github.com/tidwall/btree"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/system"
)

// The bounds of a snapshot and of the history.
const (
	maxScheduled = 300
	maxEnded     = 100
	maxHistory   = 4096
)

// Revision is a place in the history. Numbers of different epochs cannot be compared.
type Revision struct {
	Epoch  string
	Number int64
}

// Connection is one open state stream.
type Connection struct {
	ID          string
	UserID      string
	UserName    string
	IP          string
	Client      string
	ConnectedAt int64 // milliseconds since the Unix epoch
}

// Delta is one change. Its parts are whole: a job in it replaces the one before.
type Delta struct {
	Revision     Revision
	Jobs         []job.Job
	System       *system.State
	Workflows    []system.Workflow
	Connections  []Connection
	Disconnected []string
}

// Snapshot is the state as a whole.
type Snapshot struct {
	Revision       Revision
	System         system.State
	Workflows      []system.Workflow
	Connections    []Connection
	Jobs           []job.Job
	Progress       []job.Progress
	ScheduledUntil int64 // scheduled jobs that start later may be missing; 0: none is
	tick           int64
}

// Feed is the live state. V is what a change is rendered to, once, for all its readers.
type Feed[V any] struct {
	render func(Delta) V

	mu          sync.RWMutex
	epoch       string
	number      int64 // of the latest change
	history     []V   // of the changes up to number, oldest first
	changed     chan struct{}
	system      system.State
	workflows   []system.Workflow
	connections *btree.Map[string, Connection]
	untold      map[string]bool // connections that came, changed or went since they were told
	gathering   bool            // a timer will tell them
	gather      time.Duration
	active      map[string]*job.Job
	byStart     *btree.BTreeG[*job.Job] // the active ones
	running     int                     // how many of them are processing
	ended       []job.Job               // latest last
	progress    map[string]progress
	ticks       int64 // counts progress
	latest      atomic.Pointer[Snapshot]
}

type progress struct {
	job.Progress
	tick int64
}

// New makes an empty feed with an epoch of its own. render must be quick and must not call the feed. Connections are told
// at most once in the time of gather.
func New[V any](gather time.Duration, render func(Delta) V) *Feed[V] {
	return &Feed[V]{
		render: render, gather: gather, untold: map[string]bool{}, epoch: uuid.NewString()[:8], changed: make(chan struct{}), connections: &btree.Map[string, Connection]{},
		active: map[string]*job.Job{}, progress: map[string]progress{},
		byStart: btree.NewBTreeG(func(a, b *job.Job) bool { return a.Start < b.Start || (a.Start == b.Start && a.ID < b.ID) }),
	}
}

// Load fills an empty feed with what the store holds. It counts as no change.
func (f *Feed[V]) Load(active, latestEnded []job.Job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range active {
		f.put(j)
	}
	for _, j := range slices.Backward(latestEnded) {
		f.put(j)
	}
}

// JobsWritten takes in jobs that are new or changed.
func (f *Feed[V]) JobsWritten(jobs []job.Job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range jobs {
		f.put(j)
	}
	f.publish(Delta{Jobs: jobs})
}

// SetSystem takes in how the service is.
func (f *Feed[V]) SetSystem(state system.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.system = state
	f.publish(Delta{System: &state})
}

// SetWorkflows takes in what can be booked.
func (f *Feed[V]) SetWorkflows(workflows []system.Workflow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.workflows = workflows
	f.publish(Delta{Workflows: workflows})
}

// Connect adds a connection; the function that it returns takes it away again.
func (f *Feed[V]) Connect(c Connection) (disconnect func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connections.Set(c.ID, c)
	f.tellConnections(c.ID)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if _, there := f.connections.Delete(c.ID); there {
			f.tellConnections(c.ID)
		}
	}
}

// tellConnections tells the first change at once, and those that follow within the time of gather together. The caller
// holds the lock.
func (f *Feed[V]) tellConnections(ids ...string) {
	for _, id := range ids {
		f.untold[id] = true
	}
	if f.gathering || len(f.untold) == 0 {
		return
	}
	var d Delta
	for id := range f.untold {
		if c, there := f.connections.Get(id); there {
			d.Connections = append(d.Connections, c)
		} else {
			d.Disconnected = append(d.Disconnected, id)
		}
	}
	clear(f.untold)
	f.publish(d)
	if f.gather == 0 {
		return
	}
	f.gathering = true
	time.AfterFunc(f.gather, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.gathering = false
		f.tellConnections()
	})
}

// RenameUser changes a user's name wherever the live state shows it.
func (f *Feed[V]) RenameUser(userID, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var d Delta
	for _, j := range f.jobs(len(f.active)) {
		if j.UserID == userID {
			j.UserName = name
			f.put(j)
			d.Jobs = append(d.Jobs, j)
		}
	}
	if len(d.Jobs) > 0 {
		f.publish(d)
	}
	var renamed []string
	for _, c := range f.connections.Values() {
		if c.UserID == userID {
			c.UserName = name
			f.connections.Set(c.ID, c)
			renamed = append(renamed, c.ID)
		}
	}
	f.tellConnections(renamed...)
}

// SetProgress takes in how far a running job is. It is dropped when the job is not running.
func (f *Feed[V]) SetProgress(p job.Progress) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.active[p.JobID]
	if !ok || j.Status != job.Processing {
		return
	}
	p.UserID = j.UserID
	f.ticks++
	f.progress[p.JobID] = progress{p, f.ticks}
	f.wake()
}

// Progress is how far a running job is.
func (f *Feed[V]) Progress(jobID string) (job.Progress, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	p, ok := f.progress[jobID]
	return p.Progress, ok
}

// System is how the service is.
func (f *Feed[V]) System() system.State {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.system
}

// Revision is that of the latest change.
func (f *Feed[V]) Revision() Revision {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return Revision{f.epoch, f.number}
}

// ActiveUsers counts the users with at least one connection.
func (f *Feed[V]) ActiveUsers() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	users := map[string]bool{}
	for _, c := range f.connections.Values() {
		users[c.UserID] = true
	}
	return int64(len(users))
}

// Watchers counts the connections.
func (f *Feed[V]) Watchers() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.connections.Len()
}

// put files a job under its status. The caller holds the lock.
func (f *Feed[V]) put(j job.Job) {
	if old, ok := f.active[j.ID]; ok {
		f.byStart.Delete(old)
		delete(f.active, j.ID)
		if old.Status == job.Processing {
			f.running--
		}
	}
	if j.Status == job.Processing {
		f.running++
	} else {
		delete(f.progress, j.ID)
	}
	if j.Status.Active() {
		f.active[j.ID] = &j
		f.byStart.Set(&j)
		return
	}
	if i := slices.IndexFunc(f.ended, func(e job.Job) bool { return e.ID == j.ID }); i >= 0 {
		f.ended[i] = j
		return
	}
	f.ended = append(f.ended, j)
	if len(f.ended) > maxEnded {
		f.ended = slices.Delete(f.ended, 0, len(f.ended)-maxEnded)
	}
}

// publish gives the change its revision and wakes the readers. The caller holds the lock.
func (f *Feed[V]) publish(d Delta) {
	f.number++
	d.Revision = Revision{f.epoch, f.number}
	if len(f.history) == 2*maxHistory { // cut seldom, so that publishing stays cheap
		f.history = append(make([]V, 0, 2*maxHistory), f.history[maxHistory:]...)
	}
	f.history = append(f.history, f.render(d))
	f.wake()
}

// Rouse wakes all readers although there is nothing new, for what they look at besides.
func (f *Feed[V]) Rouse() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake()
}

func (f *Feed[V]) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}
