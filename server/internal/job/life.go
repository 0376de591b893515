package job

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// MaxLosses bounds the attempts of a job that may be lost before it fails.
const MaxLosses = 1

// StartProcessing claims the job for ComfyUI. It starts when its graph is posted.
func (j *Job) StartProcessing() {
	j.Status = Processing
	j.touch()
}

// Posted records the moment the graph reached ComfyUI.
func (j *Job) Posted(now int64, waitedFor string) {
	j.StartedAt = now
	if now-max(j.Start, j.Promised) > OnTime { // the slot of a job that was moved forward may begin before it was promised
		j.MarkLate(waitedFor)
	}
}

// MarkLate says why the start waits. It reports whether that is news. A job that was moved already keeps that reason.
func (j *Job) MarkLate(reason string) bool {
	if j.Delay != nil && (j.Delay.Kind != Late || j.Delay.Reason == reason) {
		return false
	}
	j.delayed(Late, reason)
	return true
}

// Complete records the outcome of a run that went well.
func (j *Job) Complete(now int64, results []Result) {
	j.finish(Completed, now)
	j.Results = results
	if j.StartedAt == 0 {
		j.StartedAt = j.Start // a crash fell between the post and the note of it
	}
}

// Overwrite notes that another job has written a result, and reports whether a file of this job is another now. Where nothing tells that
// it is still the same, it is another: better none than somebody else's.
func (j *Job) Overwrite(with Result) (changed bool) {
	for i := range j.Results {
		r := &j.Results[i]
		same := r.Hash != "" && r.Hash == with.Hash || r.Hash == "" && r.Tag != "" && r.Tag == with.Tag
		if r.Filename != with.Filename || same || r.Overwritten {
			continue
		}
		j.Results = slices.Clone(j.Results)
		j.Results[i].Overwritten, changed = true, true
	}
	if changed {
		j.Version++
	}
	return changed
}

// Fail records why there will be no result.
func (j *Job) Fail(now int64, f Failure) {
	j.finish(Failed, now)
	j.Failure = &f
}

// Cancel takes the job back: at once while it is scheduled, by request while it runs.
func (j *Job) Cancel(now int64) error {
	switch j.Status {
	case Scheduled:
		j.finish(Cancelled, now)
		j.CancelRequested = true
	case Processing:
		if !j.CancelRequested {
			j.CancelRequested = true
			j.touch()
		}
	case Cancelled:
	default:
		return j.Status.Refuses("cancelled")
	}
	return nil
}

// EndCancelled records that ComfyUI has let go of a cancelled job.
func (j *Job) EndCancelled(now int64) { j.finish(Cancelled, now) }

// Erase takes out of an ended job whatever its owner asked for and got; when it ran and how it ended stays.
func (j *Job) Erase() {
	j.Inputs, j.Results = workflow.Values{}, nil
	if j.Failure != nil {
		j.Failure = &Failure{Reason: j.Failure.Reason, Message: "its owner was deleted"} // ComfyUI's words may quote the graph
	}
	j.touch()
}

// IsErased reports whether nothing is left of what the owner asked for and got.
func (j *Job) IsErased() bool {
	return len(j.Inputs)+len(j.Results) == 0
}

// Edited notes that the owner changed something.
func (j *Job) Edited() { j.touch() }

// RevertStart takes back StartProcessing: nothing reached ComfyUI.
func (j *Job) RevertStart() {
	j.Status = Scheduled
	j.touch()
}

// Move books the job for another start on its worker, which is what its owner is promised from now on.
func (j *Job) Move(start int64) {
	j.Start, j.Promised = start, start
	j.touch()
}

// MoveOverdue books the job again because its slot ended without a start.
func (j *Job) MoveOverdue(p Place, reason string) { j.displace(Overdue, reason, p) }

// MoveForward books the job for an earlier start than was promised. The promise stays.
func (j *Job) MoveForward(p Place) {
	promised := j.PromisedStart()
	j.MoveTo(p)
	j.Promised = promised
}

// MoveBack books a job for its own slot again from which a wrong clock had moved it.
func (j *Job) MoveBack(p Place) {
	j.Delay = nil
	j.MoveTo(p)
}

// MoveNearer books a job that a wrong clock had moved for a place nearer to its own slot, which is not free any more.
func (j *Job) MoveNearer(p Place) { j.delayTo(j.Delay.Kind, j.Delay.Reason, p) }

// Home is the worker of the slot first booked.
func (j Job) Home() string {
	if j.Delay == nil || j.Delay.BookedWorker == "" {
		return j.Worker
	}
	return j.Delay.BookedWorker
}

// MovePaused books the job again because its worker is paused at that time.
func (j *Job) MovePaused(p Place, pause schedule.Pause) {
	j.displace(Paused, BecauseOf(pause), p)
}

// MoveOff books the job on another worker because its own takes none any more. One that keeps its start is not delayed.
func (j *Job) MoveOff(p Place, reason string) {
	if p.Start != j.Start {
		j.delayed(Paused, reason)
	} else if j.Delay != nil && j.Delay.Kind == Late {
		j.Delay = nil // it waited there
	}
	j.MoveTo(p)
}

// BecauseOf gives a pause as the reason of a delay, for people.
func BecauseOf(p schedule.Pause) string {
	if p.Reason == "" {
		return p.UserName + " has paused the worker"
	}
	return p.UserName + " has paused the worker: " + p.Reason
}

// Retry books a new attempt.
func (j *Job) Retry(p Place, reason string) {
	j.Status = Scheduled
	j.Attempt++
	j.StartedAt = 0
	j.delayed(Retry, reason)
	j.MoveTo(p)
}

// displace books the job for another place than its own, which is the new promise. One that was moved forward is not delayed when it
// still gets what it was promised.
func (j *Job) displace(kind DelayKind, reason string, p Place) {
	if j.MovedForward() > 0 && p.Start <= j.Promised {
		j.MoveForward(p)
		return
	}
	j.delayTo(kind, reason, p)
}

// delayTo books the job for another place, and keeps of the one that was booked first what is known.
func (j *Job) delayTo(kind DelayKind, reason string, p Place) {
	j.delayed(kind, reason)
	if home := j.Home(); home != p.Worker {
		j.Delay.BookedWorker = home
	}
	j.MoveTo(p)
}

func (j *Job) delayed(kind DelayKind, reason string) {
	var delay Delay
	switch {
	case j.Delay != nil:
		delay = *j.Delay
	case j.MovedForward() > 0: // of the slot that was promised nothing is known but its start
		delay.BookedStart = j.Promised
	default:
		delay = Delay{BookedStart: j.PromisedStart(), BookedSlot: j.Duration, BookedEstimate: j.Estimate, BookedLoad: j.Load}
	}
	delay.Kind, delay.Reason = kind, reason
	j.Delay = &delay
}

func (j *Job) finish(status Status, now int64) {
	j.Status = status
	j.FinishedAt = now
	j.touch()
}

func (j *Job) touch() { j.Version++ }
