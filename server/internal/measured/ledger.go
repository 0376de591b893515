// Package measured holds what was found out by running workflows on one worker when nobody waited for it: how long they take, and
// whether their results can be used. It outlives a restart. What is known belongs to a graph: a new label or another default forgets
// nothing.
package measured

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Entry holds what is known of a graph.
type Entry struct {
	ColdMS   int64  `json:"cold_ms,omitempty"` // of a run that had to load everything; 0: not known
	WarmMS   int64  `json:"warm_ms,omitempty"` // of one right after it; 0: not known
	At       int64  `json:"at,omitempty"`      // when that was found out, in milliseconds since the Unix epoch; 0: never
	Bad      string `json:"bad,omitempty"`     // why the result cannot be used, in words for people; empty: it can
	Accepted bool   `json:"accepted,omitempty"`
	Failed   string `json:"failed,omitempty"` // why the last try came to nothing; empty: it did not
	Tries    int    `json:"tries,omitempty"`  // that came to nothing, one after the other
	Asked    int64  `json:"asked,omitempty"`  // when somebody asked for it; 0: nobody waits for it
}

// Problem says why a workflow with this graph must not be booked; nothing when it may.
func (e Entry) Problem() string {
	if e.Bad == "" || e.Accepted {
		return ""
	}
	return "a test run on this worker left nothing that can be used: " + e.Bad +
		". Correct the workflow, or let an administrator measure it again or accept the result"
}

const (
	maxEntries = 2000
	maxTries   = 3
)

// Store keeps records.
type Store interface {
	store.Records
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
}

// Ledger holds what is known on one worker. It is safe for concurrent use.
type Ledger struct {
	store Store
	key   string
	log   *slog.Logger

	mu   sync.Mutex
	read bool
	kept kept
}

// kept is a ledger as it is written down.
type kept struct {
	Graphs map[string]Entry `json:"graphs"` // by hash
	Last   int64            `json:"last"`   // when a graph was measured last unasked, in milliseconds since the Unix epoch
}

// New makes the ledger of a worker. It is read when it is needed first.
func New(s Store, worker string, log *slog.Logger) *Ledger {
	return &Ledger{store: s, key: "worker/" + worker + "/measured", log: log.With("worker", worker)}
}

// Read reads the ledger of before. Nothing is known until then. A damaged one counts as empty.
func (l *Ledger) Read(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read {
		return nil
	}
	data, err := l.store.Record(ctx, l.key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("read what was measured: %w", err)
	}
	l.read = true
	if err == nil {
		if err := json.Unmarshal(data, &l.kept); err != nil {
			l.kept = kept{}
			l.log.Warn("what was measured is damaged, workflows are measured again", "err", err)
		}
	}
	if l.kept.Graphs == nil {
		l.kept.Graphs = map[string]Entry{}
	}
	return nil
}

// Of returns what is known of a graph.
func (l *Ledger) Of(graph string) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept.Graphs[graph]
}

// Ask notes that somebody wants a graph to be measured, before others and although it was.
func (l *Ledger) Ask(ctx context.Context, graph string, now time.Time) error {
	return l.change(ctx, graph, func(e *Entry) { e.Asked, e.Tries, e.Failed = now.UnixMilli(), 0, "" })
}

// Accept notes that a bad result is good enough.
func (l *Ledger) Accept(ctx context.Context, graph string) error {
	return l.change(ctx, graph, func(e *Entry) { e.Accepted, e.Asked = true, 0 })
}

// Measured notes what came of running a graph. A result that was accepted stays so as long as it is bad in the same way.
func (l *Ledger) Measured(ctx context.Context, graph string, found Entry, now time.Time) error {
	return l.found(ctx, graph, found, now, true)
}

// Booted is Measured for what the boot has found out, which uses nobody's time.
func (l *Ledger) Booted(ctx context.Context, graph string, found Entry, now time.Time) error {
	return l.found(ctx, graph, found, now, false)
}

func (l *Ledger) found(ctx context.Context, graph string, found Entry, now time.Time, spends bool) error {
	return l.change(ctx, graph, func(e *Entry) {
		if spends {
			l.spent(*e, now)
		}
		accepted := e.Accepted && e.Bad == found.Bad
		*e = Entry{ColdMS: found.ColdMS, WarmMS: found.WarmMS, Bad: found.Bad, At: now.UnixMilli(), Accepted: accepted}
	})
}

// Failed notes that running a graph came to nothing. What was known before stays.
func (l *Ledger) Failed(ctx context.Context, graph, why string, now time.Time) error {
	return l.change(ctx, graph, func(e *Entry) {
		l.spent(*e, now)
		e.Failed, e.Asked = why, 0
		e.Tries++
	})
}

// spent notes that the time for a graph that nobody asked for was used. l.mu is held.
func (l *Ledger) spent(e Entry, now time.Time) {
	if e.Asked == 0 {
		l.kept.Last = now.UnixMilli()
	}
}

// change changes an entry and writes the ledger down. Where that fails the change holds until the next start.
func (l *Ledger) change(ctx context.Context, graph string, change func(*Entry)) error {
	if err := l.Read(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.kept.Graphs[graph]
	change(&e)
	l.kept.Graphs[graph] = e
	l.forget()
	data, err := json.Marshal(l.kept)
	if err != nil {
		return err
	}
	_, err = l.store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.PutRecord(ctx, l.key, data) })
	if err != nil {
		return fmt.Errorf("keep what was measured: %w", err)
	}
	return nil
}

// forget drops what was found out longest ago, when there is too much.
func (l *Ledger) forget() {
	if len(l.kept.Graphs) <= maxEntries {
		return
	}
	oldest := slices.SortedFunc(maps.Keys(l.kept.Graphs), func(a, b string) int {
		x, y := l.kept.Graphs[a], l.kept.Graphs[b]
		return cmp.Or(cmp.Compare(x.At+x.Asked, y.At+y.Asked), cmp.Compare(a, b))
	})
	for _, graph := range oldest[:len(oldest)-maxEntries] {
		delete(l.kept.Graphs, graph)
	}
}
