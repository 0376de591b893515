package measured

import "time"

// Candidate is a workflow that the worker can run.
type Candidate struct {
	ID     string
	Graph  string // its hash
	Wanted int    // how often it was booked lately
	Off    bool   // it is switched off, and measured only when somebody asks
	Never  string // why it is not run unless it is booked, in words for people; empty: it may be
}

// Next chooses which of the candidates is to be measured now: what somebody has asked for, the oldest question first; else, when the
// last time is as long ago as every, the one that is wanted most of those that nothing is known of, the first of equals. Where every
// is 0, only what somebody has asked for.
func (l *Ledger) Next(now time.Time, every time.Duration, all []Candidate) (next Candidate, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	since := time.Duration(now.UnixMilli()-l.kept.Last) * time.Millisecond
	free := every > 0 && (since >= every || since < 0) // a clock that was set back counts as passed
	var asked int64
	for _, c := range all {
		e := l.kept.Graphs[c.Graph]
		switch {
		case !l.read || c.Never != "":
		case e.Asked != 0 && (asked == 0 || e.Asked < asked):
			next, found, asked = c, true, e.Asked
		case asked != 0 || e.At != 0 || e.Tries >= maxTries || !free || c.Off:
		case !found || c.Wanted > next.Wanted:
			next, found = c, true
		}
	}
	return next, found
}

// State tells how far measuring a workflow has come.
type State string

// The states.
const (
	Unmeasured State = "unmeasured"
	Waiting    State = "waiting"
	Running    State = "running"
	Done       State = "done"
	BadResult  State = "bad result"
	Never      State = "never"
)

// StateOf tells how far measuring a workflow is, with a text for people that may be empty. Whether it runs just now is not known here.
func (l *Ledger) StateOf(c Candidate, every time.Duration) (state State, text string) {
	e := l.Of(c.Graph)
	switch {
	case e.Asked != 0:
		return Waiting, "it is measured as soon as there is free time"
	case e.Problem() != "":
		return BadResult, e.Bad
	case e.At != 0 && e.Bad != "":
		return Done, "an administrator has accepted the result: " + e.Bad
	case e.At != 0:
		return Done, ""
	case c.Never != "":
		return Never, c.Never
	case e.Tries >= maxTries || e.Failed != "" && every == 0:
		return Unmeasured, e.Failed
	case every == 0 || c.Off:
		return Unmeasured, "it is measured when an administrator asks for it"
	case e.Failed != "":
		return Waiting, "it is tried again in free time: " + e.Failed
	}
	return Waiting, "it is measured in free time"
}
