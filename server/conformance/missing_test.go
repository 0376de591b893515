package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// lacking is a workflow as ComfyUI's page saves it, with a model that nobody has.
const lacking = `{"version": 0.4, "last_node_id": 2, "last_link_id": 1, "groups": [], "config": {}, "extra": {}, "nodes": [
	{"id": 1, "type": "VAELoader", "pos": [0, 0], "size": [1, 1], "flags": {}, "order": 0, "mode": 0, "inputs": [],
		"outputs": [{"name": "VAE", "type": "VAE", "links": [1]}],
		"properties": {"cnr_id": "comfy-core", "models": [
			{"name": "nobodys-vae.safetensors", "url": "https://models.example/nobodys-vae.safetensors", "directory": "vae"}]},
		"widgets_values": ["nobodys-vae.safetensors"]},
	{"id": 2, "type": "VAESave", "pos": [0, 0], "size": [1, 1], "flags": {}, "order": 1, "mode": 0,
		"inputs": [{"name": "vae", "type": "VAE", "link": 1}], "outputs": [], "properties": {}, "widgets_values": ["vae/x"]}],
	"links": [[1, 1, 0, 2, 0, "VAE"]]}`

// strange is one with a node of a pack that is not there.
const strange = `{"version": 0.4, "last_node_id": 2, "last_link_id": 1, "groups": [], "config": {}, "extra": {}, "nodes": [
	{"id": 1, "type": "ConformancePaintOfAnotherPack", "pos": [0, 0], "size": [1, 1], "flags": {}, "order": 0, "mode": 0, "inputs": [],
		"outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1]}], "properties": {"cnr_id": "another-pack"}, "widgets_values": []},
	{"id": 2, "type": "SaveImage", "pos": [0, 0], "size": [1, 1], "flags": {}, "order": 1, "mode": 0,
		"inputs": [{"name": "images", "type": "IMAGE", "link": 1}], "outputs": [], "properties": {}, "widgets_values": ["x"]}],
	"links": [[1, 1, 0, 2, 0, "IMAGE"]]}`

// testMissing drops workflows into the folder that this ComfyUI cannot run: what is missing is told.
func testMissing(t *testing.T, place *site, v *service) {
	folder := filepath.Join(place.Folder, "workflows")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content string
		told    func(*pb.WorkflowProblem) bool
	}{
		"lacking": {lacking, func(p *pb.WorkflowProblem) bool {
			return p.Kind == pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_MODEL && p.ModelFile == "nobodys-vae.safetensors" &&
				p.ModelFolder == "vae" && p.ModelUrl == "https://models.example/nobodys-vae.safetensors"
		}},
		"strange": {strange, func(p *pb.WorkflowProblem) bool {
			return p.Kind == pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_CLASS && strings.Contains(p.Text, "another-pack")
		}},
	} {
		if err := os.WriteFile(filepath.Join(folder, name+".json"), []byte(c.content), 0o644); err != nil {
			t.Fatal(err)
		}
		var last *pb.Workflow
		for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
			response, err := v.Workflows.GetWorkflow(t.Context(), &pb.GetWorkflowRequest{WorkflowId: name})
			if err == nil {
				last = response.Workflow
			}
			if len(last.GetWorkers()) == 1 && len(last.Workers[0].Problems) > 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s is told as %v (%v)", name, last, err)
			}
		}
		fit := last.Workers[0]
		if last.Summary.Bookable || fit.State != pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_CANNOT_RUN || !c.told(fit.Problems[0]) {
			t.Errorf("%s: %v", name, last)
		}
		t.Logf("%s: %s", name, fit.Problems[0].Text)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
}
