//go:build unix

package conformance

import (
	"bytes"
	"image"
	"image/png"
	"reflect"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// drawn holds a graph that needs no models as ComfyUI's page saves it: a plane of one colour, and the same inverted behind it.
const drawn = `{"last_node_id": 4, "last_link_id": 4, "version": 0.4, "groups": [], "config": {}, "extra": {}, "nodes": [
	{"id": 1, "type": "EmptyImage", "pos": [0, 0], "size": [300, 130], "flags": {}, "order": 0, "mode": 0, "inputs": [],
		"outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [1, 2]}], "properties": {}, "widgets_values": [64, 48, 1, 1122867]},
	{"id": 2, "type": "ImageInvert", "pos": [0, 200], "size": [200, 30], "flags": {}, "order": 1, "mode": 0,
		"inputs": [{"name": "image", "type": "IMAGE", "link": 1}],
		"outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [3]}], "properties": {}, "widgets_values": []},
	{"id": 3, "type": "ImageBatch", "pos": [400, 0], "size": [200, 50], "flags": {}, "order": 2, "mode": 0,
		"inputs": [{"name": "image1", "type": "IMAGE", "link": 2}, {"name": "image2", "type": "IMAGE", "link": 3}],
		"outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [4]}], "properties": {}, "widgets_values": []},
	{"id": 4, "type": "SaveImage", "pos": [700, 0], "size": [300, 270], "flags": {}, "order": 3, "mode": 0,
		"inputs": [{"name": "images", "type": "IMAGE", "link": 4}], "outputs": [], "properties": {}, "widgets_values": ["drawn"]}],
	"links": [[1, 1, 0, 2, 0, "IMAGE"], [2, 1, 0, 3, 0, "IMAGE"], [3, 2, 0, 3, 1, "IMAGE"], [4, 3, 0, 4, 0, "IMAGE"]]}`

// TestFilesThatPeopleHave brings what ComfyUI's page saves, runs it, and brings the picture that ComfyUI made of it, which carries the
// graph: it runs again, and makes the same picture.
func TestFilesThatPeopleHave(t *testing.T) {
	there := comfyUI(t).elsewhere(t)
	place := newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port})
	v := place.start()
	token, err := place.AdminToken()
	if err != nil {
		t.Fatal(err)
	}
	root := servicetest.Dial(v.url, servicetest.HTTP1())
	root.Token = token
	content := []byte(drawn)
	var made []image.Image
	for _, file := range []string{"drawn.json", "drawn.png"} {
		w, err := root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
			Source:   &pb.ImportWorkflowRequest_Content{Content: content},
			Filename: file,
			Title:    file,
		})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		done := v.untilDone(t, root, &pb.BookJobRequest{
			Start:      &pb.BookJobRequest_EarliestStartMs{},
			WorkflowId: w.Workflow.Summary.Id,
		})
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 2 {
			t.Fatalf("%s: %v", file, done)
		}
		status, kind, picture := v.fetch(t, "/images/"+done.ResultFilename)
		if status != 200 || kind != "image/png" {
			t.Fatalf("%s: %d, %s", file, status, kind)
		}
		content = picture
		pixels, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, pixels)
		t.Logf("%s: %d nodes, %d inputs, %s", file, w.Workflow.NodeCount, len(w.Workflow.Inputs), done.ResultFilename)
	}
	if !reflect.DeepEqual(made[0], made[1]) {
		t.Error("the workflow that the picture carries makes another picture")
	}
}
