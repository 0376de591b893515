package dispatch

import (
	"context"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// duePage is the number of due jobs that are read at once.
const duePage = 100

// OverrunLimit decides when a run that outlasts its slot is ended. The zero value ends none.
type OverrunLimit struct {
	Slots  float64       // a run may last this many times its slot,
	Beyond time.Duration // and in any case this long beyond it
	// Always ends such a run also while nobody waits. Without it a run is ended only while a slot of somebody else is due.
	Always bool
}

// limit gives the longest that a run may last; 0 stands for no limit.
func (o OverrunLimit) limit(j job.Job) time.Duration {
	if o.Slots == 0 {
		return 0
	}
	slot := time.Duration(j.Duration) * time.Millisecond
	return max(time.Duration(o.Slots*float64(slot)), slot+o.Beyond)
}

// endOverrun interrupts the running job, and it alone, when it is beyond its limit and in somebody's way.
func (d *Dispatcher) endOverrun(ctx context.Context) {
	j := d.current.job
	limit := d.Overrun.limit(j)
	lasts := time.Since(d.current.began)
	if limit == 0 || lasts <= limit || j.CancelRequested || d.interrupted.PromptID == j.PromptID() {
		return
	}
	waits := ""
	if !d.Overrun.Always {
		name, waiting := d.waitsBehind(ctx, j)
		if !waiting {
			return
		}
		waits = fmt.Sprintf(", while the slot of %s was due", name)
	}
	reason := fmt.Sprintf("it ran for %v in a slot of %v%s, and was interrupted (scheduler.overrun_limit)",
		lasts.Round(time.Second), time.Duration(j.Duration)*time.Millisecond, waits)
	d.Log.Warn("a run is beyond its limit, interrupting it", "worker", d.Worker, "job", j.ID, "attempt", j.Attempt, "after", lasts, "limit",
		limit)
	d.interruptFor(ctx, overran, reason)
}

// waitsBehind names somebody else whose slot has begun, or is over and has yet to be moved, while the job runs.
func (d *Dispatcher) waitsBehind(ctx context.Context, running job.Job) (name string, waiting bool) {
	due := store.Query{
		Worker:   d.Worker,
		Statuses: []job.Status{job.Scheduled},
		Window:   &schedule.Slot{Start: 0, End: d.Now().UnixMilli()},
		Limit:    duePage,
	}
	for {
		jobs, err := d.Store.ListJobs(ctx, due)
		if err != nil {
			d.Log.Error("cannot look for jobs that are due", "worker", d.Worker, "err", err)
			return "", false
		}
		for _, j := range jobs {
			if j.UserID != running.UserID {
				return j.UserName, true
			}
		}
		if len(jobs) < duePage {
			return "", false
		}
		last := jobs[len(jobs)-1]
		due.After = &store.Cursor{Start: last.Start, ID: last.ID}
	}
}
