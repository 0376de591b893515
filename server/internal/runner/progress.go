package runner

import (
	"context"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/course"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	progressInterval = 100 * time.Millisecond // between two told steps of a run
	previewInterval  = 500 * time.Millisecond // between two announced previews
	tickInterval     = time.Second            // between two looks whether a run still ends when it was told
)

// account tells of one run: while it lasts how far it is, and when it has ended what it teaches.
type account struct {
	runner   *Runner
	job      job.Job
	version  *workflow.Version
	began    time.Time    // of the run: its post
	learning *learned.Run // nil: it teaches nothing
	left     *learned.Run // tells how far it is

	mu              sync.Mutex
	told, previewed time.Time
	last            job.Progress
	latest          comfy.Progress
}

// begin opens the account of a run that is posted now.
func (r *Runner) begin(j job.Job, version *workflow.Version, learning *learned.Run) *account {
	return &account{runner: r, job: j, version: version, began: time.Now(), learning: learning, left: learning}
}

// tell tells how far the run is, but not more often than anybody can see.
func (a *account) tell(p comfy.Progress, t comfy.Times) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.latest = p
	now := time.Now()
	next := job.Progress{
		JobID:      a.job.ID,
		Attempt:    a.job.Attempt,
		NodeID:     p.NodeID,
		NodeTitle:  a.version.NodeTitle(p.NodeID),
		Step:       p.Step,
		Total:      p.Total,
		Preview:    a.last.Preview,
		NodesDone:  p.NodesDone,
		NodesTotal: a.version.NodeCount(),
	}
	if p.Waiting {
		next.NodeTitle = "waits for a prompt that was started on ComfyUI's own page"
	}
	if p.Preview > a.last.Preview && now.Sub(a.previewed) >= previewInterval {
		next.Preview, a.previewed = p.Preview, now
	}
	sameNode := next.NodeID == a.last.NodeID && next.Step < next.Total
	next.Fraction, next.ExpectedEnd = a.last.Fraction, a.last.ExpectedEnd
	if sameNode && now.Sub(a.told) < progressInterval {
		return
	}
	a.time(&next, t, now)
	if same := next; same.Fraction != a.last.Fraction {
		same.Fraction = a.last.Fraction // it moves by itself
		if same == a.last {
			return
		}
	} else if next == a.last {
		return
	}
	a.told, a.last = now, next
	a.runner.OnProgress(next)
}

// time adds how far the run is by time. One that waits for others has not begun.
func (a *account) time(next *job.Progress, t comfy.Times, now time.Time) {
	if a.left == nil || a.latest.Waiting || t.Waited {
		return
	}
	s := course.State{
		Elapsed: ms(now.Sub(a.began)),
		Cached:  t.Cached,
		Done:    make(map[string]float64, len(t.Spans)),
		Node:    t.Node,
		Step:    next.Step,
		Total:   next.Total,
	}
	for _, span := range t.Spans {
		s.Done[span.Node] = ms(span.Took)
	}
	if t.Node != "" {
		s.Since = ms(now.Sub(t.Since))
	}
	if !t.Stepped.IsZero() {
		s.Stepped, s.First, s.FirstAt = ms(t.Stepped.Sub(t.Since)), ms(t.First.Sub(t.Since)), t.FirstAt
	}
	fraction, end := a.left.At(s)
	next.Fraction = fraction
	next.ExpectedEnd = a.runner.Now().Add(-now.Sub(a.began)).UnixMilli() + int64(end)
	if off := next.ExpectedEnd - a.last.ExpectedEnd; off >= -1 && off <= 1 {
		next.ExpectedEnd = a.last.ExpectedEnd // of two clocks
	}
}

// tick looks now and then whether the run still ends when it was told, until it has ended.
func (a *account) tick(ctx context.Context, run *comfy.Run) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, tickInterval); ctx.Err() == nil; sleep(ctx, tickInterval) {
			a.tell(run.Progress(), run.Times())
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// teach learns from the run, which has ended well.
func (a *account) teach(e learned.End) {
	if a.learning == nil {
		return
	}
	a.learning.Ended(e, learned.Point{
		StartedAt: a.runner.Now().Add(-time.Since(a.began)).UnixMilli(),
		Expected:  a.job.Estimate,
		Slot:      a.job.Duration,
	})
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
