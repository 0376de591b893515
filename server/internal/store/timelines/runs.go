package timelines

import "github.com/comfyscheduler/comfyscheduler/server/internal/job"

// runs holds when jobs that run are expected to end. It is kept in memory because whoever books asks it of many workers.
type runs struct {
	workers map[string]string           // by job
	ends    map[string]map[string]int64 // by worker and job
}

func newRuns() runs { return runs{workers: map[string]string{}, ends: map[string]map[string]int64{}} }

func (r runs) put(id, worker string, end int64) {
	r.drop(id)
	if r.ends[worker] == nil {
		r.ends[worker] = map[string]int64{}
	}
	r.workers[id], r.ends[worker][id] = worker, end
}

func (r runs) drop(id string) {
	if worker, running := r.workers[id]; running {
		delete(r.ends[worker], id)
		delete(r.workers, id)
	}
}

// noteRun takes in whether a job that was written runs.
func (s *Set) noteRun(j job.Job) {
	id := j.ID // a function that named the job would keep all of it
	worker, running := s.runs.workers[id]
	if !running && j.Status != job.Processing {
		return
	}
	end := s.runs.ends[worker][id]
	s.OnUndo(func() {
		if running {
			s.runs.put(id, worker, end)
		} else {
			s.runs.drop(id)
		}
	})
	if j.Status == job.Processing {
		s.runs.put(id, j.Worker, j.ExpectedEnd())
	} else {
		s.runs.drop(id)
	}
}

// RunsUntil tells when the last of the jobs that run on a worker is expected to end, as store.TimelinesTx.RunsUntil.
func (s *Set) RunsUntil(worker, except string) (until int64, runs bool) {
	for id, end := range s.runs.ends[worker] {
		if id != except {
			until, runs = max(until, end), true
		}
	}
	return until, runs
}
