package job

// TakeOver makes a job of bookings that were copied, or restored from a backup, this service's own: its attempts get prompt
// ids of their own under the epoch, which names the taking over. What may have run before is not run again. results are what
// it left, if that is known.
func (j *Job) TakeOver(epoch string, now int64, results []Result) {
	begun := j.MayHaveBegun(now)
	j.Epoch = epoch
	switch {
	case len(results) > 0: // it may have started before its slot
		j.Complete(now, results)
	case !begun:
		j.touch()
	case j.CancelRequested:
		j.EndCancelled(now)
	default:
		j.Fail(now, Failure{
			Reason:  Lost,
			Message: "it may have run already, before these bookings were restored or copied: book it again if it has not",
		})
	}
}

// MayHaveBegun reports whether an active job may have been handed over by whoever had it before: its slot has begun, or it was
// claimed, which it can be before its slot where a clock was wrong.
func (j Job) MayHaveBegun(now int64) bool { return j.Status != Scheduled || j.Start <= now }
