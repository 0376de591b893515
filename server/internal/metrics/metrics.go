// Package metrics counts what operators watch, for Prometheus. Durations are seconds, as is the custom there.
package metrics

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Metrics is one set of counters.
type Metrics struct {
	registry *prometheus.Registry
	active   map[job.Status]prometheus.Gauge
	ended    *prometheus.CounterVec
	delayed  *prometheus.CounterVec
	lateness prometheus.Histogram
	estimate prometheus.Histogram
	restarts *prometheus.CounterVec
	status   *prometheus.GaugeVec
	commits  prometheus.Histogram
	refused  *prometheus.CounterVec
	measurements
	moves

	lanes   lanes
	counted map[string]place // the active jobs, by id; written by one goroutine
	mu      sync.Mutex
	workers map[string]health.Status // by id
}

// New makes a set. watchers counts the open state streams.
func New(watchers func() int) *Metrics {
	active := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "comfyscheduler_jobs",
		Help: "Jobs that hold a slot, by status.",
	}, []string{"status"})
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		counted:  map[string]place{},
		workers:  map[string]health.Status{},
		active:   map[job.Status]prometheus.Gauge{},
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_jobs_ended_total",
			Help: "Jobs that ended, by status.",
		}, []string{"status"}),
		delayed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_jobs_delayed_total",
			Help: "Ended jobs that departed from the slot first booked, by kind.",
		}, []string{"kind"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "comfyscheduler_start_lateness_seconds",
			Help:    "Start of a job after the start of its slot.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .5, 1, 5, 30, 120},
		}),
		estimate: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "comfyscheduler_generation_to_estimate_ratio",
			Help:    "Duration of a completed generation divided by its estimate.",
			Buckets: []float64{.25, .5, .75, .9, 1, 1.1, 1.25, 1.5, 2, 4},
		}),
		restarts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_comfyui_restarts_total",
			Help: "Times ComfyUI went down and was started again.",
		}, []string{"worker"}),
		status: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "comfyscheduler_worker_ready",
			Help: "1 while jobs can run on the worker.",
		}, []string{"worker"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "comfyscheduler_store_update_seconds",
			Help:    "Time from asking for a write until it is on disk.",
			Buckets: prometheus.ExponentialBuckets(.0002, 2, 14),
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "comfyscheduler_refused_total",
			Help: "Requests that were turned away.",
		}, []string{"kind"}),
		measurements: newMeasurements(),
		moves:        newMoves(),
	}
	m.lanes = newLanes(m.registry)
	m.registry.MustRegister(
		m.measured, m.measuring, m.evicted, m.forward, m.gained, m.overran, openStreams(watchers),
		active, m.ended, m.delayed, m.lateness, m.estimate, m.restarts, m.status, m.commits, m.refused,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	for _, status := range []job.Status{job.Scheduled, job.Processing} {
		m.active[status] = active.WithLabelValues(string(status))
	}
	return m
}

func openStreams(watchers func() int) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "comfyscheduler_watchers",
		Help: "Open state streams.",
	}, func() float64 { return float64(watchers()) })
}

// Handler serves the numbers.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Follow counts what has changed in the store.
func (m *Metrics) Follow(changes []store.Change) {
	for _, c := range changes {
		for _, thing := range c.Things {
			if thing.Job != nil {
				m.JobWritten(*thing.Job)
			}
		}
	}
}

// JobWritten counts a job that is new or changed. It is called by one goroutine at a time.
func (m *Metrics) JobWritten(j job.Job) {
	before, held := m.counted[j.ID]
	if held {
		m.count(before, -1)
		delete(m.counted, j.ID)
	}
	if j.Status.Active() {
		now := place{j.Worker, j.Status}
		m.counted[j.ID] = now
		m.count(now, 1)
		return
	}
	if !held {
		return // it had ended before
	}
	m.lanes.jobEnded(j)
	m.ended.WithLabelValues(string(j.Status)).Inc()
	if j.Delay != nil {
		m.delayed.WithLabelValues(string(j.Delay.Kind)).Inc()
	}
	m.moves.ended(j)
	if j.StartedAt > 0 {
		m.lateness.Observe(seconds(j.StartedAt - j.Start))
	}
	if j.Status == job.Completed && j.Estimate > 0 {
		m.estimate.Observe(float64(j.FinishedAt-j.StartedAt) / float64(j.Estimate))
	}
}

func (m *Metrics) count(at place, jobs float64) {
	m.active[at.status].Add(jobs)
	m.lanes.count(at, jobs)
}

// Refused counts a request that was turned away. The kinds are few.
func (m *Metrics) Refused(kind string) { m.refused.WithLabelValues(kind).Inc() }

// WorkerChanged counts a worker's restarts.
func (m *Metrics) WorkerChanged(w health.Worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w.Status == health.Restarting && m.workers[w.ID] != health.Restarting {
		m.restarts.WithLabelValues(w.ID).Inc()
	}
	m.lanes.workerChanged(w, m.workers[w.ID])
	m.workers[w.ID] = w.Status
	ready := 0.0
	if w.Status == health.Ready {
		ready = 1
	}
	m.status.WithLabelValues(w.ID).Set(ready)
}

// Timed measures a store's updates.
func (m *Metrics) Timed(s store.Store) store.Store { return timed{s, m.commits} }

type timed struct {
	store.Store
	took prometheus.Observer
}

func (t timed) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	began := time.Now()
	at, err := t.Store.Update(ctx, change)
	t.took.Observe(time.Since(began).Seconds())
	return at, err
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }
