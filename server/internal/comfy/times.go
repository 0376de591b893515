package comfy

import (
	"slices"
	"time"
)

// Span is the time that one node of the graph took, with all that it expanded into.
type Span struct {
	Node  string
	Took  time.Duration
	Steps int // that it told; 0: none
}

// Times tells how a run has spent its time so far, by when its frames came. Losing frames makes it coarser.
type Times struct {
	Cached  []string // nodes that did not run because nothing had changed
	Spans   []Span   // of nodes that have ended, in the order in which they began
	Node    string   // at work; empty: none
	Since   time.Time
	First   time.Time // the first step that it told; zero: none yet
	FirstAt int       // which one that was
	Stepped time.Time // its latest step
	Waited  bool      // it was behind prompts of others
}

// times collects Times.
type times struct {
	Times
	steps int // of the node at work
}

func (t *times) apply(e event, node string, now time.Time) {
	switch e.kind {
	case cached:
		t.Cached = append(t.Cached, e.nodes...)
	case entered:
		if e.node == t.Node {
			return
		}
		t.leave(now)
		t.Node, t.Since = e.node, now
	case step:
		if node == t.Node {
			t.steps = max(t.steps, e.total)
			if e.value > 0 {
				if t.First.IsZero() {
					t.First, t.FirstAt = now, e.value
				}
				t.Stepped = now
			}
		}
	case closing, ended:
		t.leave(now)
	}
}

// leave notes that the node at work has ended. It may be at work more than once: what it expanded into ends after it.
func (t *times) leave(now time.Time) {
	if t.Node != "" {
		i := slices.IndexFunc(t.Spans, func(s Span) bool { return s.Node == t.Node })
		if i < 0 {
			i = len(t.Spans)
			t.Spans = append(t.Spans, Span{Node: t.Node})
		}
		t.Spans[i].Took += now.Sub(t.Since)
		t.Spans[i].Steps = max(t.Spans[i].Steps, t.steps)
	}
	t.Node, t.Since, t.First, t.FirstAt, t.Stepped, t.steps = "", time.Time{}, time.Time{}, 0, time.Time{}, 0
}

// Times returns how the run has spent its time so far.
func (r *Run) Times() Times {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.times.Times
	t.Cached, t.Spans = slices.Clone(t.Cached), slices.Clone(t.Spans)
	return t
}
