//go:build unix

package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
)

// testKlein is the shipped workflow on a ComfyUI without models: what is missing is said before anybody books. ComfyUI
// itself, given the workflow, complains of nothing else.
func testKlein(t *testing.T, there elsewhere) {
	s := newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port})
	template, err := filepath.Abs("../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	s.Config["workflow"] = map[string]any{
		"template_file": template,
		"parameter_map": map[string]any{
			"prompt": map[string]any{"node_id": "6", "field": "text"},
			"seed":   map[string]any{"node_id": "25", "field": "noise_seed"},
		},
	}
	v := s.start()
	if _, err := v.BookJob(t.Context(), booking("a fox", nil)); connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("booked: %v", err)
	}
	says(t, v.log.String(), "this ComfyUI cannot run the workflow flux_klein",
		"needs the model file flux-2-klein-4b-fp8.safetensors, which is not there: put it into models/diffusion_models",
		"needs the model file qwen_3_4b.safetensors, which is not there: put it into models/text_encoders",
		"needs the model file flux2-vae.safetensors, which is not there: put it into models/vae")
	for _, complaint := range complaints(t, there, template) {
		t.Log("ComfyUI itself: " + complaint.text)
		if !complaint.missing {
			t.Errorf("something other than a class or a model is missing: %s", complaint.text)
		}
		says(t, v.log.String(), "node "+complaint.node+" ")
	}
}

// complaint is one of ComfyUI's own about a posted graph.
type complaint struct {
	node, text string
	missing    bool // a class or a file
}

func complaints(t *testing.T, there elsewhere, template string) (list []complaint) {
	t.Helper()
	graph, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(there.url()+"/prompt", "application/json", bytes.NewReader(fmt.Appendf(nil, `{"prompt": %s}`, graph)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	type reason struct{ Type, Message, Details string }
	var answer struct {
		Error reason
		Nodes json.RawMessage `json:"node_errors"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Fatalf("%s, %v", res.Status, err)
	}
	nodes := map[string]struct{ Errors []reason }{}
	_ = json.Unmarshal(answer.Nodes, &nodes) // an empty list when the class of a node is missing
	for id, node := range nodes {
		for _, r := range node.Errors {
			list = append(list, complaint{id, r.Message + ": " + r.Details, r.Type == "value_not_in_list"})
		}
	}
	if len(list) == 0 {
		_, id, found := strings.Cut(answer.Error.Details, "#")
		class := answer.Error.Type == "invalid_prompt" || answer.Error.Type == "missing_node_type"
		list = append(list, complaint{strings.Trim(id, "'"), answer.Error.Message + " " + answer.Error.Details, class && found})
	}
	return list
}
