// Package course knows how the time of a workflow's runs is spread over its nodes, and tells from that how far a run is and when it
// will end. It has no clock, and reads and writes nothing.
package course

import (
	"cmp"
	"maps"
	"slices"
)

// Course holds the times that the nodes of one graph took on one worker. The zero value knows nothing. It is small as JSON, and is not
// changed once it is made.
type Course struct {
	Nodes map[string]Node `json:"nodes,omitempty"`
}

// Node sums up the runs of one node, the latest counting most, beside what it had to do in them (see Work).
type Node struct {
	Count    float64 `json:"n"`
	Work     float64 `json:"w"`
	WorkWork float64 `json:"ww"`
	Time     float64 `json:"t"` // milliseconds
	WorkTime float64 `json:"wt"`
	Steps    bool    `json:"s,omitempty"` // it tells steps
	Load     float64 `json:"l,omitempty"` // milliseconds longer where models had to be loaded
}

// Span is the time that one node took in a run.
type Span struct {
	Node  string
	Took  float64 // milliseconds
	Steps int     // that it told; 0: none
}

// Work measures a run, in any one unit.
type Work struct {
	Steps float64 // all of them
	Size  float64 // what a step, or a decoder, goes through
}

// of returns what a node of a kind has to do.
func (w Work) of(steps bool) float64 {
	size := max(w.Size, 1)
	if steps {
		return size * max(w.Steps, 1)
	}
	return size
}

const (
	keep     = .8 // of what was seen before counts beside a new run
	maxNodes = 64 // that are kept, those that take longest
)

// Observe returns the course with one more run. cold says that it had to load models.
func (c Course) Observe(w Work, spans []Span, cold bool) Course {
	nodes := maps.Clone(c.Nodes)
	if nodes == nil {
		nodes = map[string]Node{}
	}
	for _, s := range spans {
		n := nodes[s.Node]
		if cold && n.Count > 0 {
			n.Load = max(0, s.Took-n.expected(w))
			nodes[s.Node] = n
			continue
		}
		n.Steps = n.Steps || s.Steps > 1
		x := w.of(n.Steps)
		n.Count = n.Count*keep + 1
		n.Work = n.Work*keep + x
		n.WorkWork = n.WorkWork*keep + x*x
		n.Time = n.Time*keep + s.Took
		n.WorkTime = n.WorkTime*keep + x*s.Took
		if cold { // it is not known yet what it takes without
			n.Count, n.Work, n.WorkWork, n.Time, n.WorkTime = n.Count/4, n.Work/4, n.WorkWork/4, n.Time/4, n.WorkTime/4
		}
		nodes[s.Node] = n
	}
	return Course{Nodes: bounded(nodes)}
}

func bounded(nodes map[string]Node) map[string]Node {
	if len(nodes) <= maxNodes {
		return nodes
	}
	ids := slices.SortedFunc(maps.Keys(nodes), func(a, b string) int {
		return cmp.Or(cmp.Compare(nodes[b].Time/nodes[b].Count, nodes[a].Time/nodes[a].Count), cmp.Compare(a, b))
	})
	for _, id := range ids[maxNodes:] {
		delete(nodes, id)
	}
	return nodes
}

// leastSpread is the relative variance of the work from which on its share in the time can be told.
const leastSpread = .02

// expected is the time of the node with so much to do, in milliseconds.
func (n Node) expected(w Work) float64 {
	x := w.of(n.Steps)
	switch spread := n.Count*n.WorkWork - n.Work*n.Work; {
	case n.Count == 0 || n.Work == 0:
		return 0
	case n.Steps:
		return x * n.Time / n.Work
	case spread < leastSpread*n.Count*n.WorkWork:
		return n.Time / n.Count
	default:
		slope := max(0, min((n.Count*n.WorkTime-n.Work*n.Time)/spread, n.Time/n.Work))
		return (n.Time-slope*n.Work)/n.Count + slope*x
	}
}
