package outcome

import (
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// barWidth is the width of the bar in columns.
const barWidth = 24

// board holds the state that the changing line shows.
type board struct {
	clock  when.Clock
	system *pb.SystemState
	// workflows tell how long generations take.
	workflows []*pb.WorkflowSummary
	order     []string
	jobs      map[string]*run
	lead      time.Duration
}

// run is one job with its latest progress.
type run struct {
	job      *pb.Job
	progress *pb.JobProgress
	estimate estimate
}

func (b *board) now() time.Time { return b.clock.Now().Add(b.lead) }

// job takes in a job and, when not nil, its progress.
func (b *board) job(j *pb.Job, p *pb.JobProgress, lead time.Duration) {
	b.lead = lead
	if b.jobs == nil {
		b.jobs = map[string]*run{}
	}
	r := b.jobs[j.GetId()]
	if r == nil {
		r = &run{}
		b.jobs[j.GetId()] = r
		b.order = append(b.order, j.GetId())
	}
	if r.job.GetAttempt() != j.GetAttempt() || r.job.GetStartedAtMs() != j.GetStartedAtMs() {
		r.progress = nil
		r.estimate = estimate{started: time.UnixMilli(j.GetStartedAtMs()), expected: b.expected(j)}
	}
	r.job = j
	if p != nil && p.GetAttempt() == j.GetAttempt() {
		r.progress = p
		r.estimate.observe(p, b.now())
	}
}

// expected gives the expected duration of a job: its own, where the server tells it; else what its workflow takes on its worker with the
// usual values, stretched as its slot is longer than theirs; else the length of its slot.
func (b *board) expected(j *pb.Job) time.Duration {
	if ms := j.GetExpectedMs(); ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	for _, w := range b.workflows {
		for _, e := range w.GetEstimates() {
			if e.GetWorkerId() != j.GetWorkerId() || w.GetId() != j.GetWorkflowId() || e.GetExpectedMs() == 0 {
				continue
			}
			stretch := 1.0
			if e.GetSlotDurationMs() > 0 && j.GetDurationMs() > 0 {
				stretch = float64(j.GetDurationMs()) / float64(e.GetSlotDurationMs())
			}
			return time.Duration(float64(e.GetExpectedMs()) * stretch * float64(time.Millisecond))
		}
	}
	return time.Duration(j.GetDurationMs()) * time.Millisecond
}

// line is the state of things in one line: the running job, else the one that is next.
func (b *board) line(io *term.Streams, width int) string {
	var current *run
	ended := 0
	for _, id := range b.order {
		r := b.jobs[id]
		switch {
		case api.Ended(r.job):
			ended++
		case current == nil || before(r.job, current.job):
			current = r
		}
	}
	var prefix string
	if len(b.order) > 1 {
		prefix = fmt.Sprintf("%d of %d done  ", ended, len(b.order))
	}
	if current == nil {
		return prefix
	}
	return prefix + b.describe(io, current, width)
}

// before reports whether job a is more interesting than b: it runs, or comes earlier.
func before(a, b *pb.Job) bool {
	runningA, runningB := a.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING, b.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING
	if runningA != runningB {
		return runningA
	}
	return api.StartMS(a) < api.StartMS(b)
}

func (b *board) describe(io *term.Streams, r *run, width int) string {
	id := refs.Short(r.job.GetId())
	if r.job.GetStatus() != pb.JobStatus_JOB_STATUS_PROCESSING {
		return id + " " + b.waiting(io, r.job)
	}
	if r.job.GetCancelRequested() {
		return id + " " + io.Yellow("cancelling…")
	}
	if r.job.GetStartedAtMs() == 0 {
		return id + " " + io.Yellow("starting…")
	}
	fraction := r.estimate.fraction(b.now())
	text := fmt.Sprintf("%3.0f %%", fraction*100)
	if width >= 60 {
		text = bar(io, fraction) + " " + text
	}
	switch left, known := r.estimate.remaining(b.now()); {
	case !known:
		text += "  longer than expected"
	case left < time.Second:
		text += "  under 1 s left"
	default:
		text += "  " + when.Span(left.Truncate(time.Second)) + " left"
	}
	return id + " " + text + "  " + io.Faint(render.ProgressText(r.progress))
}

// waiting is a countdown to the slot, or the reason why the job does not run in it.
func (b *board) waiting(io *term.Streams, j *pb.Job) string {
	if left := time.UnixMilli(api.StartMS(j)).Sub(b.now()); left > 0 {
		return io.Cyan("waiting for its slot") + fmt.Sprintf(" at %s, in %s",
			b.clock.Stamp(api.StartMS(j)), when.Span((left+time.Second-1).Truncate(time.Second)))
	}
	reason := term.Line(j.GetDelay().GetReason())
	if reason == "" {
		reason = term.Line(b.system.GetReason())
	}
	if reason == "" {
		return io.Cyan("about to start…")
	}
	return io.Yellow("late: ") + reason
}

func bar(io *term.Streams, fraction float64) string {
	full := int(fraction*barWidth + 0.5)
	return io.Green(strings.Repeat("█", full)) + io.Faint(strings.Repeat("░", barWidth-full))
}
