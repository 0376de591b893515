package runner

import (
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// shelf holds versions on a ComfyUI with some classes.
type shelf struct {
	Library
	info *objectinfo.Info
}

func (s shelf) On(v *workflow.Version) workflow.Offer { return v.On(s.info) }

// The main result is that of the same node in every run, in whatever order ComfyUI lists what was made (the cases two_saves and
// text_output_first).
func TestTheMainResultIsAlwaysThatOfOneNode(t *testing.T) {
	info, err := objectinfo.Parse([]byte(`{
		"Paint": {"input": {}, "output": ["IMAGE", "STRING"]},
		"Keep": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": true},
		"PreviewKept": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": true},
		"Say": {"input": {"required": {"text": ["STRING", {"forceInput": true}]}}, "output_node": true}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	const twoSaves = `"5": {"class_type": "Keep", "inputs": {"images": ["1", 0]}}, "9": {"class_type": "Keep", "inputs": {"images": ["1", 0]}}`
	r := &Runner{Config: Config{Library: shelf{info: info}}}
	for name, c := range map[string]struct{ graph, main, want string }{
		"two_saves": {twoSaves, "", "5 9"},
		"two_saves, and the second is the main one": {
			twoSaves, "9", "9 5",
		},
		"text_output_first": {
			`"0": {"class_type": "Say", "inputs": {"text": ["1", 1]}}, "9": {"class_type": "Keep", "inputs": {"images": ["1", 0]}}`, "", "9 0",
		},
		"one that only shows": {
			`"5": {"class_type": "PreviewKept", "inputs": {"images": ["1", 0]}}, "9": {"class_type": "Say", "inputs": {"text": ["1", 1]}}`,
			"", "9 5",
		},
	} {
		file, err := workflowfile.Open(strings.NewReader(`{"1": {"class_type": "Paint", "inputs": {}}, `+c.graph+`}`), editor.Options{Info: info})
		if err != nil {
			t.Fatal(err)
		}
		v := workflow.New("fox", "Fox", file, &form.Form{}, c.main)
		nodes := strings.Fields(c.want)
		for _, listed := range [][]string{{nodes[0], nodes[1], "7"}, {nodes[1], "7", nodes[0]}, {"7", nodes[1], nodes[0]}} {
			var results []job.Result
			for _, node := range listed {
				results = append(results, job.Result{NodeID: node})
			}
			var got []string
			for _, result := range r.ordered(results, v) {
				got = append(got, result.NodeID)
			}
			if strings.Join(got, " ") != c.want+" 7" {
				t.Errorf("%s: listed as %v, ordered as %v", name, listed, got)
			}
		}
	}
}
