package conformance

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

const (
	variedRuns = 40
	equalRuns  = 10
)

// TestEstimates learns on a real ComfyUI, with tiny random models that its own loaders take, and tells how good that is beside the noise of
// equal runs.
func TestEstimates(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs some fifty generations: run it without -short")
	}
	t.Setenv("OMP_NUM_THREADS", "1") // others on the machine disturb one thread less than many
	place := tiny(t, comfyUI(t))
	v := place.start()
	dice := rand.New(rand.NewPCG(18, 8))
	pick := func(from ...int64) int64 { return from[dice.IntN(len(from))] }
	for i := range variedRuns {
		j := v.generates(t, map[string]*pb.InputValue{
			"steps":        servicetest.Integer(pick(4, 6, 8, 10, 12, 16, 20)),
			"width":        servicetest.Integer(pick(128, 192, 256, 320)),
			"height":       servicetest.Integer(pick(128, 192, 256)),
			"batch":        servicetest.Integer(pick(1, 1, 1, 2)),
			"sampler_name": servicetest.Text([]string{"euler", "euler", "heun", "dpmpp_2m"}[dice.IntN(4)]),
		})
		if took := j.GetFinishedAtMs() - j.GetStartedAtMs(); i%5 == 4 {
			t.Logf("run %2d took %5d ms, expected %5d, slot %5d", i+1, took, j.GetExpectedMs(), j.GetDurationMs())
		}
	}
	points := v.points(t)
	if len(points) != variedRuns {
		t.Fatalf("%d runs have taught", len(points))
	}
	t.Logf("of the runs from the 11th on: %s", figures(points[10:]))
	for range equalRuns {
		v.generates(t, map[string]*pb.InputValue{"steps": servicetest.Integer(10)})
	}
	equal := v.points(t)[variedRuns:]
	var took []float64
	for _, p := range equal {
		took = append(took, float64(p.GetActualMs()))
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	var off []float64
	for _, one := range took {
		off = append(off, math.Abs(one-middle)/middle)
	}
	slices.Sort(off)
	t.Logf("ten equal runs differ from their median by p50 %.1f %%, p90 %.1f %%; %s",
		100*off[len(off)/2], 100*off[len(off)*9/10], figures(equal))
	if last := v.generates(t, nil); last.GetEstimateBasis() != pb.EstimateBasis_ESTIMATE_BASIS_LEARNED {
		t.Errorf("after all that its slot rests on %v", last.GetEstimateBasis())
	}
}

// tiny is a site whose ComfyUI has the tiny models.
func tiny(t *testing.T, i installation) *site {
	t.Helper()
	base := baseDirectory(t)
	script := exec.CommandContext(t.Context(), i.python, "testdata/tiny_models.py", i.root, filepath.Join(base, "models"))
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("the tiny models cannot be made: %v\n%s", err, out)
	}
	place := newSite(t, map[string]any{
		"installation_type": "local",
		"root_path":         i.root,
		"python_executable": i.python,
		"output_dir":        filepath.Join(base, "output"),
		"api_port":          freePort(t),
		"extra_args":        []string{"--cpu", "--disable-api-nodes", "--base-directory", base, "--database-url", database(base)},
		"start_timeout":     patience.String(),
	})
	copyFile(t, "testdata/tiny_api.json", filepath.Join(place.Folder, "tiny_api.json"))
	target := servicetest.Target
	inputs := map[string]any{
		"prompt":       target("4", "text"),
		"seed":         target("7", "seed"),
		"steps":        target("7", "steps"),
		"width":        target("6", "width"),
		"height":       target("6", "height"),
		"batch":        target("6", "batch_size"),
		"sampler_name": target("7", "sampler_name"),
	}
	place.Config["workflow"] = map[string]any{"template_file": "tiny_api.json", "parameter_map": inputs}
	delete(place.Config, "scheduler")
	if err := os.Remove(place.template()); err != nil {
		t.Fatal(err)
	}
	return place
}

// generates books the next free slot, with a seed of its own, and waits for its end.
func (v *service) generates(t *testing.T, inputs map[string]*pb.InputValue) *pb.Job {
	t.Helper()
	request := &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{}, Inputs: servicetest.Prompt("a fox")}
	for name, value := range inputs {
		request.Inputs[name] = value
	}
	return v.end(t, v.book(t, request).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
}

func (v *service) points(t *testing.T) []*pb.EstimatePoint {
	t.Helper()
	answer, err := v.ListEstimates(t.Context(), &pb.ListEstimatesRequest{})
	if err != nil || len(answer.GetReports()) != 1 {
		t.Fatalf("reports: %v (%v)", answer, err)
	}
	return answer.GetReports()[0].GetRecent()
}
