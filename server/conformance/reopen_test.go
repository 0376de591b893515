//go:build unix

package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// opened holds a file as ComfyUI's page shows it, and the prompt that the page would post.
type opened struct {
	Workflow struct {
		Nodes []map[string]any `json:"nodes"`
		Links []any            `json:"links"`
	} `json:"workflow"`
	Prompt map[string]any `json:"prompt"`
}

// open has a browser open a file in the page of a ComfyUI, as somebody who drops it there does.
func open(t *testing.T, url, name, mediaType string, content []byte) (got opened) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	page := exec.CommandContext(t.Context(), "node", "e2e/comfyui-page.mjs", url, file, mediaType)
	page.Dir = filepath.Join("..", "..", "webclient")
	page.Stderr = os.Stderr
	out, err := page.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestResultsReopenInComfyUI opens a result in ComfyUI's own page: it shows the author's graph, with the author's layout, as if the
// file that was imported had been opened.
func TestResultsReopenInComfyUI(t *testing.T) {
	if _, err := os.Stat("../../webclient/node_modules/@playwright/test"); err != nil {
		t.Skip("the browser's driver is not installed: run make test-comfyui")
	}
	there := comfyUI(t).elsewhere(t)
	place := newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port})
	v := place.start()
	token, err := place.AdminToken()
	if err != nil {
		t.Fatal(err)
	}
	root := servicetest.Dial(v.url, servicetest.HTTP1())
	root.Token = token
	w, err := root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source:   &pb.ImportWorkflowRequest_Content{Content: []byte(drawn)},
		Filename: "drawn.json",
	})
	if err != nil {
		t.Fatal(err)
	}
	done := v.untilDone(t, root, &pb.BookJobRequest{
		Start:      &pb.BookJobRequest_EarliestStartMs{},
		WorkflowId: w.Workflow.Summary.Id,
	})
	_, _, picture := v.fetch(t, "/images/"+done.ResultFilename)
	url := place.comfyURL
	author := open(t, url, "drawn.json", "application/json", []byte(drawn))
	result := open(t, url, "drawn.png", "image/png", picture)
	if len(author.Workflow.Nodes) != 4 {
		t.Fatalf("the page has not opened the author's file: %+v", author)
	}
	if diff := cmp.Diff(author, result); diff != "" {
		t.Errorf("a result opens as another graph than the author's (-author +result):\n%s", diff)
	}
}
