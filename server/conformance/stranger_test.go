package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// stranger is somebody at ComfyUI's own page.
type stranger struct {
	t   *testing.T
	url string
}

// post queues a painting and gives its id.
func (s stranger) post(seconds float64) string {
	s.t.Helper()
	id := uuid.NewString()
	s.postAs(id, "stranger", seconds, "stranger/"+id)
	return id
}

func (s stranger) postAs(id, client string, seconds float64, prefix string) {
	s.t.Helper()
	s.send(map[string]any{
		"prompt_id": id,
		"client_id": client,
		"prompt": map[string]any{
			"1": map[string]any{
				"class_type": "ConformancePaint",
				"inputs": map[string]any{
					"text":    id,
					"seed":    7,
					"seconds": seconds,
					"steps":   10,
					"batch":   1,
					"size":    64,
					"outcome": "paint",
				},
			},
			"2": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"1", 0}, "filename_prefix": prefix}},
		},
	})
}

// poison queues a graph that ComfyUI takes and dies of: a node that nothing is linked to and that has no inputs object.
func (s stranger) poison() {
	s.t.Helper()
	s.send(map[string]any{
		"prompt_id": uuid.NewString(),
		"client_id": "stranger",
		"prompt": map[string]any{
			"1": map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{"width": 16, "height": 16, "batch_size": 1, "color": 0}},
			"2": map[string]any{"class_type": "PreviewImage", "inputs": map[string]any{"images": []any{"1", 0}}},
			"3": map[string]any{"class_type": "EmptyImage"},
		},
	})
}

func (s stranger) send(prompt map[string]any) {
	s.t.Helper()
	body, err := json.Marshal(prompt)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.Post(s.url+"/prompt", "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("the stranger's prompt: %s", res.Status)
	}
}

// outcome is the history's word on a prompt, empty while there is none.
func (s stranger) outcome(id string) string {
	s.t.Helper()
	var history map[string]struct {
		Status struct {
			Status string `json:"status_str"`
		} `json:"status"`
	}
	getJSON(s.t, fmt.Sprintf("%s/history/%s", s.url, id), &history)
	return history[id].Status.Status
}

// queued are the ids of the prompts that ComfyUI has not finished.
type queued struct{ running, pending []string }

func (s stranger) queue() queued {
	s.t.Helper()
	var answer struct {
		Running [][]any `json:"queue_running"`
		Pending [][]any `json:"queue_pending"`
	}
	getJSON(s.t, s.url+"/queue", &answer)
	ids := func(items [][]any) (ids []string) {
		for _, item := range items {
			ids = append(ids, item[1].(string))
		}
		return ids
	}
	return queued{ids(answer.Running), ids(answer.Pending)}
}
