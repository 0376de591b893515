package job

// TakeOver makes a job of bookings that were copied, or restored from a backup, this service's own: its attempts get prompt
// ids of their own under the epoch, which names the taking over. What may have run before is not run again. results are what
// it left, if that is known.
func (j *Job) TakeOver(epoch string, now int64, results []Result) {
	j.Epoch = epoch
	switch {
	case j.Status == Scheduled && j.Start > now:
		j.touch()
	case len(results) > 0:
		j.Complete(now, results)
	case j.CancelRequested:
		j.LetGo(now)
	default:
		j.Fail(now, Failure{
			Reason:  Lost,
			Message: "it may have run already, before these bookings were restored or copied: book it again if it has not",
		})
	}
}
