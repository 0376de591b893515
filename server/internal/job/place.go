package job

import "github.com/comfyscheduler/comfyscheduler/server/internal/estimate"

// Place names a stretch of a timeline for a job, and the time that it takes there.
type Place struct {
	Worker   string
	Start    int64 // of the slot
	Duration int64 // of the slot
	Estimate int64 // of the generation, the load included
	Load     int64 // part of the slot that is for loading models
	Basis    estimate.Basis
}

// MoveTo books the job for another place.
func (j *Job) MoveTo(p Place) {
	j.Worker = p.Worker
	j.measure(p)
	j.Move(p.Start)
}

// Resize gives a job whose values have changed the length that it has at a place, and leaves it where it is.
func (j *Job) Resize(p Place) {
	j.measure(p)
	if j.Delay != nil {
		delay := *j.Delay
		delay.BookedSlot, delay.BookedEstimate, delay.BookedLoad = 0, 0, 0
		j.Delay = &delay
	}
}

func (j *Job) measure(p Place) {
	j.Duration, j.Estimate, j.Load, j.Basis = p.Duration, p.Estimate, p.Load, p.Basis
}

// Grow adds the load of the models to the slot, which keeps its start.
func (j *Job) Grow(by estimate.Length) {
	j.Duration, j.Estimate, j.Load = j.Duration+by.LoadSlot, j.Estimate+by.Load, j.Load+by.LoadSlot
	j.touch()
}

// ExpectedEnd gives the moment at which a running job is expected to end.
func (j Job) ExpectedEnd() int64 { return max(j.StartedAt, j.Start) + j.Estimate }
