package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Estimates are the figures of the estimates of a workflow on a worker, each a part of the time of its jobs.
type Estimates struct {
	Worker, Workflow                              string
	Jobs                                          int
	Bias, ErrorP50, ErrorP90, Coverage, SlotRatio float64
}

// estimates collects them when it is asked.
type estimates struct {
	read                                   func() []Estimates
	jobs, bias, error, coverage, slotRatio *prometheus.Desc
}

// ShowEstimates has the figures told that a function returns. It is called once.
func (m *Metrics) ShowEstimates(read func() []Estimates) {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("comfyscheduler_estimate_"+name, help, append([]string{"worker", "workflow"}, labels...), nil)
	}
	m.registry.MustRegister(&estimates{
		read:      read,
		jobs:      describe("jobs_total", "Jobs that have taught how long the next will take."),
		bias:      describe("bias_ratio", "Median of how much too long the latest jobs were expected to be, as a part of their time."),
		error:     describe("error_ratio", "How far the expectations of the latest jobs were off, as a part of their time.", "quantile"),
		coverage:  describe("coverage_ratio", "Part of the latest jobs that ended within the length of their slots."),
		slotRatio: describe("slot_ratio", "Median of the slots of the latest jobs as a part of their time."),
	})
}

// Describe implements prometheus.Collector.
func (e *estimates) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{e.jobs, e.bias, e.error, e.coverage, e.slotRatio} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (e *estimates) Collect(to chan<- prometheus.Metric) {
	for _, r := range e.read() {
		to <- prometheus.MustNewConstMetric(e.jobs, prometheus.CounterValue, float64(r.Jobs), r.Worker, r.Workflow)
		gauge := func(d *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{r.Worker, r.Workflow}, labels...)...)
		}
		gauge(e.bias, r.Bias)
		gauge(e.error, r.ErrorP50, "0.5")
		gauge(e.error, r.ErrorP90, "0.9")
		gauge(e.coverage, r.Coverage)
		gauge(e.slotRatio, r.SlotRatio)
	}
}
