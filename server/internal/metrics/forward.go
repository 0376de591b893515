package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// moves counts jobs that started earlier than was promised, by the worker that was idle.
type moves struct {
	forward *prometheus.CounterVec
	gained  *prometheus.CounterVec
	overran *prometheus.CounterVec
}

func newMoves() moves {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"worker"})
	}
	return moves{
		forward: counter("comfyscheduler_jobs_moved_forward_total", "Ended jobs that ran before the start that was promised."),
		gained:  counter("comfyscheduler_moved_forward_seconds_total", "Time by which jobs were moved forward."),
		overran: counter("comfyscheduler_moved_forward_overrun_seconds_total", "Time for which such jobs outlasted their slots."),
	}
}

// ended counts a job that has ended, if it was moved forward.
func (m moves) ended(j job.Job) {
	if j.MovedForward() == 0 || j.StartedAt == 0 {
		return
	}
	m.forward.WithLabelValues(j.Worker).Inc()
	m.gained.WithLabelValues(j.Worker).Add(seconds(j.MovedForward()))
	m.overran.WithLabelValues(j.Worker).Add(seconds(max(0, j.FinishedAt-j.Slot().End)))
}
