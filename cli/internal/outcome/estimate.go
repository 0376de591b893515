package outcome

import (
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// estimate foretells the end of one run. Its clock begins when the run began, so time spent waiting for the slot, or
// for the worker, is never counted as work.
type estimate struct {
	started  time.Time     // when the run began
	expected time.Duration // how long such a run takes
	end      time.Time     // as the server tells it; zero: it does not, and the steps do

	node      string    // the node that counts steps
	firstStep int32     // its first step seen
	firstSeen time.Time // and when
	step      int32     // its latest step seen
	lastSeen  time.Time // and when
	total     int32
}

// observe takes in progress that was seen at a moment.
func (e *estimate) observe(p *pb.JobProgress, at time.Time) {
	if ms := p.GetExpectedEndMs(); ms > 0 {
		e.end = time.UnixMilli(ms)
	}
	if p.GetTotal() <= 0 {
		e.total = 0
		return
	}
	if p.GetNodeId() != e.node || e.total != p.GetTotal() || p.GetStep() < e.step {
		e.node, e.total, e.firstStep, e.firstSeen = p.GetNodeId(), p.GetTotal(), p.GetStep(), at
	}
	if p.GetStep() != e.step || e.firstStep == p.GetStep() {
		e.step, e.lastSeen = p.GetStep(), at
	}
}

// remaining is the time left at a moment; known is false when the run takes longer than foreseen and tells no steps.
func (e *estimate) remaining(at time.Time) (left time.Duration, known bool) {
	if !e.end.IsZero() {
		left = max(e.end.Sub(at), 0)
		return left, left > 0
	}
	left = e.expected - at.Sub(e.started)
	if done := e.step - e.firstStep; e.total > 0 && done >= 2 {
		perStep := e.lastSeen.Sub(e.firstSeen) / time.Duration(done)
		left = perStep*time.Duration(e.total-e.step) - at.Sub(e.lastSeen)
		return max(left, 0), true
	}
	return max(left, 0), left > 0
}

// fraction gives the part of the run that is done at a moment, from 0 to just below 1.
func (e *estimate) fraction(at time.Time) float64 {
	spent := at.Sub(e.started)
	left, known := e.remaining(at)
	if !known {
		return 0.99
	}
	if spent <= 0 || spent+left <= 0 {
		return 0
	}
	return min(float64(spent)/float64(spent+left), 0.99)
}
