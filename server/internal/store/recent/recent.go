// Package recent keeps the newest changes of a store in memory, with their values, and wakes who waits for more. It is the
// part of store.Log that needs no database.
package recent

import (
	"context"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// What is kept at most. Followers within the process read at once; what is older is read from the store's own table.
const (
	maxChanges = 4096
	maxBytes   = 8 << 20
)

// Log is the newest changes. It is safe for concurrent use.
type Log struct {
	mu      sync.RWMutex
	newest  store.Revision
	changes []store.Change // oldest first, without a gap, up to the newest
	sizes   []int          // of each, in bytes
	bytes   int            // of all
	news    chan struct{}  // closed when there are more
	closed  bool
}

// New makes a log that holds nothing and goes on from a revision.
func New(at store.Revision) *Log { return &Log{newest: at, news: make(chan struct{})} }

// Newest is the newest revision.
func (l *Log) Newest() store.Revision {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.newest
}

// Add takes in what was committed: each change follows on the one before.
func (l *Log) Add(changes ...store.Change) {
	if len(changes) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		n := size(c)
		l.changes, l.sizes = append(l.changes, c), append(l.sizes, n)
		l.bytes += n
		l.newest = c.Revision
	}
	for len(l.changes) > maxChanges || l.bytes > maxBytes && len(l.changes) > 1 {
		l.bytes -= l.sizes[0]
		l.changes[0] = store.Change{} // let go of its values: the array may be kept for long
		l.changes, l.sizes = l.changes[1:], l.sizes[1:]
	}
	l.wake()
}

// Begin forgets everything and goes on from a revision, of another epoch usually.
func (l *Log) Begin(at store.Revision) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.newest, l.changes, l.sizes, l.bytes = at, nil, nil, 0
	l.wake()
}

// After gives the changes after a revision, at most limit of them; false: they are not all in memory.
func (l *Log) After(after store.Revision, limit int) (changes []store.Change, held bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if after == l.newest {
		return nil, true
	}
	if after.Epoch != l.newest.Epoch || len(l.changes) == 0 {
		return nil, false
	}
	from := after.Number - l.changes[0].After.Number
	if from < 0 || from >= int64(len(l.changes)) {
		return nil, false
	}
	changes = l.changes[from:min(from+int64(limit), int64(len(l.changes)))]
	return append([]store.Change(nil), changes...), true
}

// Wait is as store.Log.Wait.
func (l *Log) Wait(ctx context.Context, after store.Revision) error {
	for {
		l.mu.RLock()
		newest, news, closed := l.newest, l.news, l.closed
		l.mu.RUnlock()
		switch {
		case closed:
			return store.ErrClosed
		case newest.Epoch != after.Epoch || newest.Number > after.Number:
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Close ends all waiting.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.wake()
}

func (l *Log) wake() {
	close(l.news)
	l.news = make(chan struct{})
}

// What things take in memory, about, in bytes.
const (
	changeSize = 100
	thingSize  = 150
	jobSize    = 500
)

func size(c store.Change) int {
	n := changeSize + len(c.Things)*thingSize
	for _, thing := range c.Things {
		if thing.Job != nil {
			n += sizeOf(thing.Job)
		}
	}
	return n
}

func sizeOf(j *job.Job) int {
	n := jobSize + len(j.Inputs)*thingSize
	for _, v := range j.Inputs {
		if text, is := v.(workflow.Text); is {
			n += len(text)
		}
	}
	for _, r := range j.Results {
		n += thingSize + len(r.Filename) + len(r.Text)
	}
	if j.Failure != nil {
		n += len(j.Failure.Message)
	}
	return n
}
