package job

// Place names a stretch of a timeline for a job, and the time that it takes there.
type Place struct {
	Worker   string
	Start    int64 // of the slot
	Duration int64 // of the slot
	Estimate int64 // of the generation
}

// MoveTo books the job for another place.
func (j *Job) MoveTo(p Place) {
	j.Worker, j.Duration, j.Estimate = p.Worker, p.Duration, p.Estimate
	j.Move(p.Start)
}

// ExpectedEnd gives the moment at which a running job is expected to end.
func (j Job) ExpectedEnd() int64 { return max(j.StartedAt, j.Start) + j.Estimate }
