package timeline_test

import (
	"context"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// estimates tells how good those of two pages are.
func estimates(t *testing.T, tty bool, args ...string) (out string) {
	t.Helper()
	f, term := servertest.With(t, &servertest.Scheduler{
		Estimates: func(_ context.Context, r *pb.ListEstimatesRequest) (*pb.ListEstimatesResponse, error) {
			if r.GetWorkflowId() != "" {
				return &pb.ListEstimatesResponse{}, nil
			}
			if r.GetPageToken() == "" {
				first := &pb.EstimateReport{
					WorkflowId: "klein",
					WorkerId:   "gpu",
					Runs:       212,
					Bias:       -0.004,
					ErrorP50:   0.0124,
					ErrorP90:   0.045,
					Coverage:   0.96,
					SlotRatio:  1.043,
				}
				return &pb.ListEstimatesResponse{NextPageToken: "more", Reports: []*pb.EstimateReport{first}}, nil
			}
			return &pb.ListEstimatesResponse{Reports: []*pb.EstimateReport{{WorkflowId: "klein", WorkerId: "attic", Runs: 1, Bias: 0.2}}}, nil
		},
	})
	if tty {
		term.SetTTY(100, false)
	}
	f.Args = append([]string{"estimates"}, args...)
	if code := root.Run(t.Context(), f); code != exitcode.OK {
		t.Fatalf("exit code %d: %s", code, term.Err)
	}
	return term.Out.String() + term.Err.String()
}

func TestEstimates(t *testing.T) {
	shown := estimates(t, true)
	for _, want := range []string{"HALF OFF BY", "1.2 %", "4.5 %", "-0.4 %", "96 %", "104 %", "attic", "+20.0 %"} {
		if !strings.Contains(shown, want) {
			t.Errorf("people do not see %q in\n%s", want, shown)
		}
	}
	want := "klein\tgpu\t212\t0.0124\t0.045\t-0.004\t0.96\t1.043\nklein\tattic\t1\t0\t0\t0.2\t0\t0\n"
	if got := estimates(t, false); got != want {
		t.Errorf("a pipe gets\n%swant\n%s", got, want)
	}
	if got := estimates(t, false, "--json"); !strings.Contains(got, `"workerId":"attic"`) && !strings.Contains(got, `"workerId": "attic"`) {
		t.Errorf("as JSON:\n%s", got)
	}
	if got := estimates(t, true, "--workflow", "owl"); !strings.Contains(got, "No job has ended") {
		t.Errorf("of nothing: %q", got)
	}
}
