//go:build linux

package acceptance_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// offered returns the first workflow, and how the worker of the suite can run it.
func (c *client) offered() (*pb.WorkflowSummary, *pb.WorkflowFitness) {
	c.t.Helper()
	response, err := c.Workflows.GetWorkflow(c.t.Context(), &pb.GetWorkflowRequest{})
	if err != nil || len(response.Workflow.Workers) != *workers {
		c.t.Fatal(response, err)
	}
	return response.Workflow.Summary, response.Workflow.Workers[0]
}

// rewrite has the site work with a workflow of which a piece is another one.
func (s *site) rewrite(old, by string) {
	s.t.Helper()
	template, err := servicetest.Template()
	if err != nil {
		s.t.Fatal(err)
	}
	data, err := os.ReadFile(template)
	if err != nil || !bytes.Contains(data, []byte(old)) {
		s.t.Fatalf("no %s in %s: %v", old, template, err)
	}
	own := filepath.Join(s.Folder, "rewritten_api.json")
	if err := os.WriteFile(own, bytes.ReplaceAll(data, []byte(old), []byte(by)), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.with("workflow.template_file", own)
}

func TestAWorkflowThatWritesNothingIsNotBooked(t *testing.T) {
	t.Parallel()
	alone(t)
	s := newSite(t)
	s.rewrite(`"SaveImage"`, `"PreviewImage"`)
	s.start()
	user, root := s.signIn(), s.administrator()
	summary, fit := user.offered()
	if summary.Bookable || len(summary.Problems) == 0 || fit.State != pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_BAD_RESULT ||
		fit.Measurement.State != pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_BAD_RESULT ||
		!strings.Contains(fit.Problems[0].Text, "it wrote nothing") {
		t.Errorf("offered: %v, %v", summary, fit)
	}
	_, err := user.BookJob(t.Context(), nextFree("a fox"))
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "wrote nothing") {
		t.Errorf("booked: %v", err)
	}
	accept := &pb.MeasureWorkflowRequest{WorkflowId: summary.Id, AcceptResult: true}
	if _, err := user.Workflows.MeasureWorkflow(t.Context(), accept); connect.CodeOf(err) != connect.CodePermissionDenied {
		t.Errorf("accepted by a user: %v", err)
	}
	accepted, err := root.Workflows.MeasureWorkflow(t.Context(), accept)
	if err != nil || !accepted.Workflow.Summary.Bookable {
		t.Fatalf("accepted: %v, %v", accepted, err)
	}
	if _, err := root.Workflows.MeasureWorkflow(t.Context(), accept); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("accepted once more: %v", err)
	}
	if summary, _ := user.offered(); len(summary.Estimates) != 1 || summary.Estimates[0].Basis != pb.EstimateBasis_ESTIMATE_BASIS_GUESS {
		t.Errorf("estimates: %v", summary.Estimates)
	}
	if _, err := user.BookJob(t.Context(), nextFree("a fox")); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func TestMeasuringOnDemand(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	root := s.administrator()
	summary, before := root.offered()
	if before.Measurement.State != pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE || before.Measurement.WarmMs == 0 ||
		summary.Estimates[0].Basis != pb.EstimateBasis_ESTIMATE_BASIS_MEASURED {
		t.Errorf("after the boot: %v, %v", before.Measurement, summary.Estimates)
	}
	asked, err := root.Workflows.MeasureWorkflow(t.Context(), &pb.MeasureWorkflowRequest{WorkflowId: summary.Id, WorkerId: "gpu"})
	if err != nil {
		t.Fatal(err)
	}
	if state := asked.Workflow.Workers[0].Measurement.State; state != pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_WAITING {
		t.Errorf("asked: %v", state)
	}
	s.eventually("it is measured", func() bool {
		_, now := root.offered()
		return now.Measurement.MeasuredAtMs > before.Measurement.MeasuredAtMs &&
			now.Measurement.State == pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE
	})
}

func TestWorkflowsOfTheFolderAreMeasuredInFreeTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := os.Mkdir(filepath.Join(s.Folder, "workflows"), 0o755); err != nil {
		t.Fatal(err)
	}
	const picture = `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"2": {"class_type": "ImagePadForOutpaint", "inputs": {"image": ["1", 0], "left": 8, "top": 8, "right": 8, "bottom": 8,
			"feathering": 0}},
		"3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}}}`
	s.write("workflows/padded.json", picture)
	s.write("workflows/shown.json", strings.ReplaceAll(picture, "SaveImage", "PreviewImage"))
	s.write("workflows/paid.json", `{
		"1": {"class_type": "FluxProUltraImageNode", "inputs": {"prompt": "a fox", "prompt_upsampling": false, "seed": 0,
			"aspect_ratio": "16:9", "raw": false}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "paid"}}}`)
	s.Config["workflows"] = map[string]any{"measure_every": "1ms"}
	s.start()
	user := s.signIn()
	state := func(id string) pb.WorkflowMeasurementState {
		response, err := user.Workflows.GetWorkflow(t.Context(), &pb.GetWorkflowRequest{WorkflowId: id})
		if err != nil || len(response.Workflow.Workers) != *workers {
			t.Fatal(response, err)
		}
		return response.Workflow.Workers[0].Measurement.State
	}
	measured := func() bool {
		return state("padded") == pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE &&
			state("shown") == pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_BAD_RESULT
	}
	s.eventually("both are measured", measured)
	if got := state("paid"); got != pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_NEVER {
		t.Errorf("the one that costs money: %v", got)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.start()
	if user = s.signIn(); !measured() {
		t.Error("a restart forgets it")
	}
}
