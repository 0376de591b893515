package health_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// A worker that is down or still booting stops no other: the service works as long as one does.
func TestStateOfTheWholeIsThatOfTheWorkerThatIsBestOff(t *testing.T) {
	slow := health.Worker{ID: "slow", Status: health.Ready, Estimates: []estimate.Estimate{{BenchmarkMS: 9000}}}
	down := health.Worker{ID: "down", Status: health.Offline, Reason: "it does not start"}
	booting := health.Worker{ID: "new", Status: health.Booting, Reason: "ComfyUI is starting"}
	if s := health.Of([]health.Worker{booting, down, slow}); s.Status != health.Ready || s.Reason != "" || s.BenchmarkMS != 9000 {
		t.Errorf("one is ready: %+v", s)
	}
	if s := health.Of([]health.Worker{down, booting}); s.Status != health.Booting || s.Reason != booting.Reason {
		t.Errorf("none is ready: %+v", s)
	}
}

func TestOneMeasuredWorkerIsEnough(t *testing.T) {
	measured := []estimate.Estimate{{BenchmarkMS: 9000}}
	for name, tc := range map[string]struct {
		workers []health.Worker
		want    bool
	}{
		"none":                  {nil, false},
		"booting, known before": {[]health.Worker{{Status: health.Booting, Estimates: measured}}, false},
		"measuring":             {[]health.Worker{{Status: health.Benchmarking, Estimates: measured}}, false},
		"never up":              {[]health.Worker{{Status: health.Offline}}, false},
		"ready":                 {[]health.Worker{{Status: health.Ready, Estimates: measured}}, true},
		"down for now":          {[]health.Worker{{Status: health.Restarting, Estimates: measured}}, true},
		"ready beside a new":    {[]health.Worker{{Status: health.Booting}, {Status: health.Ready, Estimates: measured}}, true},
	} {
		if got := health.Of(tc.workers).IsMeasured(); got != tc.want {
			t.Errorf("%s: measured is %v", name, got)
		}
	}
}
