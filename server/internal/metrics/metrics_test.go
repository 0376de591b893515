package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/metrics"
)

func TestNumbers(t *testing.T) {
	m := metrics.New(func() int { return 3 })
	j := job.Job{
		ID:       "a",
		Worker:   "gpu",
		Status:   job.Scheduled,
		Start:    1000,
		Estimate: 2000,
	}
	m.JobWritten(j)
	for _, worker := range []string{"cpu", "gpu"} { // it changes its lane
		m.JobWritten(job.Job{ID: "b", Worker: worker, Status: job.Scheduled})
	}
	j.StartProcessing()
	j.Posted(1004, "")
	m.JobWritten(j)
	j.Complete(3004, []job.Result{{Filename: "a.png"}})
	m.JobWritten(j)
	m.JobWritten(j) // written again, as after a rename of its owner
	forward := job.Job{ID: "c", Status: job.Scheduled, Worker: "gpu", Start: 100_000, Duration: 1000, Sooner: true}
	forward.MoveForward(job.Place{Worker: "gpu", Start: 60_000, Duration: 1000})
	forward.StartProcessing()
	m.JobWritten(forward)
	forward.Posted(60_010, "")
	forward.Complete(61_500, nil)
	m.JobWritten(forward)
	for _, status := range []health.Status{health.Ready, health.Restarting, health.Restarting, health.Ready} {
		m.WorkerChanged(health.Worker{ID: "gpu", Status: status})
	}
	m.Measured("gpu", "good", 1500*time.Millisecond, 2)
	m.Measured("gpu", "made way", 500*time.Millisecond, 1)
	m.ShowEstimates(func() []metrics.Estimates {
		return []metrics.Estimates{{Worker: "gpu", Workflow: "fox", Jobs: 7, ErrorP50: .5, ErrorP90: 1.5, Coverage: .75}}
	})
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`comfyscheduler_worker_jobs{status="scheduled",worker="gpu"} 1`, `comfyscheduler_worker_jobs{status="scheduled",worker="cpu"} 0`,
		`comfyscheduler_worker_jobs{status="processing",worker="gpu"} 0`, `comfyscheduler_worker_busy_seconds_total{worker="gpu"} 3.49`,
		`comfyscheduler_worker_jobs_ended_total{status="completed",worker="gpu"} 2`,
		`comfyscheduler_worker_start_lateness_seconds_bucket{worker="gpu",le="0.005"} 1`,
		`comfyscheduler_worker_status{status="ready",worker="gpu"} 1`,
		`comfyscheduler_jobs{status="scheduled"} 1`, `comfyscheduler_jobs{status="processing"} 0`,
		`comfyscheduler_jobs_ended_total{status="completed"} 2`,
		`comfyscheduler_start_lateness_seconds_bucket{le="0.005"} 1`, `comfyscheduler_start_lateness_seconds_bucket{le="0.002"} 0`,
		`comfyscheduler_generation_to_estimate_ratio_sum 1`, `comfyscheduler_comfyui_restarts_total{worker="gpu"} 1`,
		`comfyscheduler_worker_ready{worker="gpu"} 1`,
		`comfyscheduler_measurements_total{outcome="made way",worker="gpu"} 1`,
		`comfyscheduler_measurement_seconds_total{worker="gpu"} 2`,
		`comfyscheduler_measurement_evicted_models_total{worker="gpu"} 3`,
		`comfyscheduler_jobs_moved_forward_total{worker="gpu"} 1`,
		`comfyscheduler_moved_forward_seconds_total{worker="gpu"} 40`,
		`comfyscheduler_moved_forward_overrun_seconds_total{worker="gpu"} 0.5`,
		"comfyscheduler_watchers 3",
		`comfyscheduler_estimate_jobs_total{worker="gpu",workflow="fox"} 7`,
		`comfyscheduler_estimate_error_ratio{quantile="0.9",worker="gpu",workflow="fox"} 1.5`,
		`comfyscheduler_estimate_coverage_ratio{worker="gpu",workflow="fox"} 0.75`,
	} {
		if !strings.Contains(answer.Body.String(), want+"\n") {
			t.Errorf("does not say %s", want)
		}
	}
}
