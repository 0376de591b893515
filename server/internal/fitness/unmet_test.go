package fitness_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

func TestAFileThatTheFormAsksForIsNotMissing(t *testing.T) {
	found := check(t, `{
		"1": {"class_type": "LoadImage", "inputs": {"image": "cat.png"}},
		"2": {"class_type": "LoadImage", "inputs": {"image": "mask.png"}},
		"3": {"class_type": "Save", "inputs": {"images": ["1", 0], "mask": ["2", 0]}}}`,
		`{"LoadImage": {"input": {"required": {"image": [[], {"image_upload": true}]}}},
		"Save": {"input": {"required": {"images": ["IMAGE"], "mask": ["IMAGE"]}}, "output_node": true}}`)
	asks := func(node string, hidden bool) form.Input {
		return form.Input{Name: "picture", Kind: form.File, Hidden: hidden, Targets: []form.Target{{Node: node, Field: "image"}}}
	}
	for name, c := range map[string]struct {
		inputs []form.Input
		want   []string // nodes
	}{
		"nothing":       {nil, []string{"1", "2"}},
		"one":           {[]form.Input{asks("1", false)}, []string{"2"}},
		"not any more":  {[]form.Input{asks("1", true)}, []string{"1", "2"}},
		"all of them":   {[]form.Input{asks("1", false), asks("2", false)}, nil},
		"another field": {[]form.Input{{Targets: []form.Target{{Node: "1", Field: "x"}}}}, []string{"1", "2"}},
	} {
		left := fitness.Unmet(found, &form.Form{Inputs: c.inputs})
		if len(left) != len(c.want) {
			t.Errorf("%s: %v", name, left)
			continue
		}
		for i, p := range left {
			if p.NodeID != c.want[i] {
				t.Errorf("%s: %v", name, left)
			}
		}
	}
}
