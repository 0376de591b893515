package fitness_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// The cases preview_only, prefix_is_a_link and video_save_output_false.
func TestNotes(t *testing.T) {
	info, err := objectinfo.Parse([]byte(`{"Paint": {"input": {}},
		"SaveImage": {"input": {}, "output_node": true}, "PreviewImage": {"input": {}, "output_node": true},
		"Combine": {"input": {}, "output_node": true}}`))
	if err != nil {
		t.Fatal(err)
	}
	const linked = `node 9 "Keep" (SaveImage) has the name of its files from another node, so that jobs may write over each other's ` +
		`results: unlink filename_prefix`
	for _, c := range []struct {
		name, nodes string
		want        []string
	}{
		{"a picture is saved", `"9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "a"}}`, nil},
		{"and shown, too", `"8": {"class_type": "PreviewImage"}, "9": {"class_type": "SaveImage"}`, nil},
		{
			"a name that is made", `"9": {"class_type": "SaveImage", "inputs": {"filename_prefix": ["1", 0]}, "_meta": {"title": "Keep"}}`,
			[]string{linked},
		},
		{
			"only shown", `"9": {"class_type": "PreviewImage"}`,
			[]string{"nothing is kept as a result: node 9 (PreviewImage) only shows it; add a node such as SaveImage"},
		},
		{
			"not kept", `"9": {"class_type": "Combine", "inputs": {"save_output": false}}`,
			[]string{"node 9 (Combine) does not keep what it makes, because save_output is off: switch it on in the workflow"},
		},
		{"a class that is not known may save", `"8": {"class_type": "PreviewImage"}, "9": {"class_type": "Odd"}`, nil},
	} {
		parsed, err := jsontree.Parse([]byte(`{"1": {"class_type": "Paint"}, ` + c.nodes + `}`))
		if err != nil {
			t.Fatal(err)
		}
		g, err := graph.Parse(parsed.(*jsontree.Object))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, fitness.Notes(g, info)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
