package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// lanes counts by worker what is counted of the whole, and how busy each is.
type lanes struct {
	jobs     *prometheus.GaugeVec
	ended    *prometheus.CounterVec
	busy     *prometheus.CounterVec
	lateness *prometheus.HistogramVec
	status   *prometheus.GaugeVec

	holding map[place]prometheus.Gauge // of jobs, by their labels, which are looked up once
}

// place tells under which labels an active job is counted: when it goes on it has to be taken out there.
type place struct {
	worker string
	status job.Status
}

func newLanes(registry *prometheus.Registry) lanes {
	l := lanes{
		holding: map[place]prometheus.Gauge{},
		jobs: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "comfyscheduler_worker_jobs",
			Help: "Jobs that hold a slot on the worker, by status: those scheduled are its queue.",
		}, []string{"worker", "status"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_worker_jobs_ended_total",
			Help: "Jobs that ended on the worker, by status.",
		}, []string{"worker", "status"}),
		busy: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_worker_busy_seconds_total",
			Help: "Time that the worker spent on jobs which have ended; its rate is the share of time that it is busy.",
		}, []string{"worker"}),
		lateness: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "comfyscheduler_worker_start_lateness_seconds",
			Help:    "Start of a job after the start of its slot, by worker.",
			Buckets: []float64{.005, .01, .02, .05, .1, 1, 30},
		}, []string{"worker"}),
		status: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "comfyscheduler_worker_status",
			Help: "1 for the status that the worker has.",
		}, []string{"worker", "status"}),
	}
	registry.MustRegister(l.jobs, l.ended, l.busy, l.lateness, l.status)
	return l
}

// count notes jobs that hold a slot, or are taken out by a negative number. It is called by one goroutine at a time.
func (l lanes) count(at place, jobs float64) {
	gauge, known := l.holding[at]
	if !known {
		gauge = l.jobs.WithLabelValues(at.worker, string(at.status))
		l.holding[at] = gauge
	}
	gauge.Add(jobs)
}

// jobEnded counts a job that has ended.
func (l lanes) jobEnded(j job.Job) {
	l.ended.WithLabelValues(j.Worker, string(j.Status)).Inc()
	if j.StartedAt > 0 {
		l.lateness.WithLabelValues(j.Worker).Observe(seconds(max(0, j.StartedAt-j.Start)))
		l.busy.WithLabelValues(j.Worker).Add(seconds(max(0, j.FinishedAt-j.StartedAt)))
	}
}

// workerChanged tells how a worker is that was otherwise before. Calls of it do not overlap.
func (l lanes) workerChanged(w health.Worker, before health.Status) {
	if before != "" {
		l.status.DeleteLabelValues(w.ID, string(before))
	}
	l.status.WithLabelValues(w.ID, string(w.Status)).Set(1)
}
