package course

// Run is one run under way.
type Run struct {
	expected float64 // milliseconds, of all of it
	plan     map[string]part
	fraction float64 // that was told
	end      float64 // that was told, in milliseconds after the start
}

// part divides the time that a node is expected to take, in milliseconds: before its own work it may load models.
type part struct{ work, load float64 }

func (p part) all() float64 { return p.work + p.load }

// Begin follows a run that is expected to take so many milliseconds. cold says that it has to load models.
func (c Course) Begin(w Work, expected float64, cold bool) *Run {
	r := &Run{expected: max(expected, 1), plan: make(map[string]part, len(c.Nodes))}
	for id, n := range c.Nodes {
		p := part{work: n.expected(w)}
		if cold {
			p.load = n.Load
		}
		r.plan[id] = p
	}
	return r
}

// State says how far a run has come.
type State struct {
	Elapsed float64            // milliseconds since the start
	Cached  []string           // nodes that need not run
	Done    map[string]float64 // nodes that have ended, with the milliseconds that they took
	Node    string             // at work; empty: none
	Since   float64            // milliseconds since it began
	Step    int                // that it has done
	Total   int                // of its steps; 0: it does not tell
	First   float64            // milliseconds from its beginning to the first step that it told, with all that came before
	FirstAt int                // which one that was
	Stepped float64            // milliseconds from its beginning to its latest step
}

const (
	most       = .99 // of a run that has not ended
	trust      = .3  // part of a run that weighs as much as what was known before it
	leastLeft  = .02 // of what is expected is left of a node that takes longer
	steady     = .02 // part of the whole by which the end must be off to be told anew
	steadyMS   = 150
	firstSteps = 2 // that weigh as much as what was known before
)

// At returns how far the run is, from 0 to 1 of its time, and when it will end, in milliseconds after its start. The part never falls, and
// the end stays where it was told until it is clearly off.
func (r *Run) At(s State) (fraction, end float64) {
	left := r.left(s)
	now := s.Elapsed + left
	off := now - r.end
	if bound := max(steadyMS, steady*now); r.end == 0 || off > bound || off < -bound || r.end <= s.Elapsed {
		r.end = max(now, s.Elapsed+1)
	}
	r.fraction = max(r.fraction, min(most, s.Elapsed/r.end))
	return r.fraction, r.end
}

// left is the time that the run still takes, in milliseconds.
func (r *Run) left(s State) float64 {
	cached := map[string]bool{}
	for _, id := range s.Cached {
		cached[id] = true
	}
	var all, planned, took, pending float64
	for id, p := range r.plan {
		if cached[id] {
			continue
		}
		ms := p.all()
		all += ms
		if actual, done := s.Done[id]; done {
			planned, took = planned+ms, took+actual
		} else if id != s.Node {
			pending += ms
		}
	}
	if all <= 0 {
		return r.blind(s)
	}
	scale := r.expected / all // what is expected of the whole holds for the sum
	credit := trust * r.expected
	pace := (took + credit) / (planned*scale + credit)
	return pending*scale*pace + stepping(s, r.plan[s.Node], scale*pace)
}

// stepping is the time that the node at work still takes, if it is expected to take so many times what was planned.
func stepping(s State, plan part, times float64) float64 {
	if s.Node == "" {
		return 0
	}
	if s.Total < 1 || s.Step < 1 {
		expected := plan.all() * times
		return max(expected-s.Since, leastLeft*expected)
	}
	each, told := s.Stepped/float64(s.Step), float64(s.Step-s.FirstAt)
	if told > 0 { // what came before the first step is over
		each = (s.Stepped - s.First) / told
	}
	if expected := plan.work * times; expected > 0 {
		weight := told / (told + firstSteps)
		each = weight*each + (1-weight)*expected/float64(s.Total)
	}
	return max(0, float64(s.Total-s.Step)*each-min(max(0, s.Since-s.Stepped), each))
}

// blind is left where nothing is known of the nodes.
func (r *Run) blind(s State) float64 {
	return max(r.expected-s.Elapsed, stepping(s, part{}, 1), leastLeft*r.expected)
}
