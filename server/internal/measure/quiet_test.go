package measure_test

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
)

// A job that falls due while an edit is measured has precedence.
func TestMeasurementMakesWay(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	before := r.Hash()
	r.Comfy("extra_args", nil)
	r.Edit(`"steps": 4`, `"steps": 400`) // of 20 ms: eight seconds
	r.Eventually("the edit is offered", func() bool { return r.Hash() != before })
	r.Eventually("the edit is measured", func() bool {
		n, known := w.QueueRemaining()
		return known && n > 0
	})
	j := r.NewJob("a fox")
	j.WorkflowVersion = before
	if ready, reason := w.Ready(t.Context()); ready || !strings.Contains(reason, "measurement") {
		t.Errorf("ready: %v, %s", ready, reason)
	}
	if o := w.RunJob(j); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	fleettest.Says(t, r.Logged(), "the measurement of the edited workflow made way")
	if strings.Contains(r.Logged(), "the edited workflow was measured") {
		t.Error("the job waited for the whole measurement")
	}
}
