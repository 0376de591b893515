package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measurements counts runs of workflows that nobody has booked.
type measurements struct {
	measured  *prometheus.CounterVec
	measuring *prometheus.CounterVec
	evicted   *prometheus.CounterVec
}

func newMeasurements() measurements {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return measurements{
		measured: counter("comfyscheduler_measurements_total",
			"Workflows that were run in free time to measure them, by outcome.", "worker", "outcome"),
		measuring: counter("comfyscheduler_measurement_seconds_total",
			"Time that measuring in free time took.", "worker"),
		evicted: counter("comfyscheduler_measurement_evicted_models_total",
			"Models that were loaded before a measurement that does not use them, and may have had to leave memory.", "worker"),
	}
}

// Measured counts a measurement in free time. The outcomes are few.
func (m *Metrics) Measured(worker, outcome string, took time.Duration, evicted int) {
	m.measured.WithLabelValues(worker, outcome).Inc()
	m.measuring.WithLabelValues(worker).Add(took.Seconds())
	m.evicted.WithLabelValues(worker).Add(float64(evicted))
}
