package conformance

import (
	"net/http"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// testTemplates holds the list of templates against what the ComfyUI's own page shows.
func testTemplates(t *testing.T, place *site, v *service) {
	response, err := v.Workflows.ListTemplates(t.Context(), &pb.ListTemplatesRequest{PageSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	pictures, paid := 0, 0
	var first *pb.Template
	for _, template := range response.Templates {
		if template.Title == "" || template.Category == "" {
			t.Errorf("template without a name or section: %v", template)
		}
		if template.Thumbnail != "" {
			pictures++
		}
		if template.Paid {
			paid++
		}
		if template.Name == "default" {
			first = template
		}
	}
	t.Logf("%d templates, %d with a picture, %d paid", len(response.Templates), pictures, paid)
	if first == nil || len(response.Templates) < 100 || pictures < len(response.Templates)/2 || paid == 0 || paid == len(response.Templates) {
		t.Fatal("these are not ComfyUI's templates")
	}
	answer, err := http.Get(v.url + first.Thumbnail)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/webp" {
		t.Errorf("picture: %d, %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	token, err := place.AdminToken()
	if err != nil {
		t.Fatal(err)
	}
	root := servicetest.Dial(v.url, servicetest.HTTP1())
	root.Token = token
	imported, err := root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source:    &pb.ImportWorkflowRequest_Template{Template: "default"},
		CheckOnly: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	problems := imported.Workflow.Workers[0].Problems
	if len(problems) != 1 || problems[0].Kind != pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_MODEL ||
		problems[0].ModelFolder != "checkpoints" || problems[0].ModelUrl == "" || len(imported.Workflow.Inputs) < 2 {
		t.Errorf("imported: %v", imported.Workflow)
	}
	t.Logf("%d inputs; %v", len(imported.Workflow.Inputs), problems)
}
