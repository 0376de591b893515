package editor_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
)

// TestAppMode finds what the author chose in each of the ways in which files name it.
func TestAppMode(t *testing.T) {
	const workflow = `{
		"nodes": [
			{"id": 1, "type": "Count", "widgets_values": [5]},
			{"id": 2, "type": "sub", "title": "Inside", "widgets_values": [6], "inputs": [{"name": "value", "type": "INT", "label": "How many"}]},
			{"id": 3, "type": "Count", "widgets_values": [5], "inputs": [{"name": "value", "type": "INT", "link": 9, "widget": {"name": "value"}}]}],
		"links": [[9, 1, 0, 3, 0, "INT"]],
		"definitions": {"subgraphs": [{"id": "sub", "inputs": [{"name": "value", "type": "INT", "linkIds": [1]}],
			"nodes": [
				{"id": 7, "type": "Count", "widgets_values": [8], "inputs": [{"name": "value", "type": "INT", "link": 1, "widget": {"name": "value"}}]},
				{"id": 8, "type": "Count", "widgets_values": [9]}],
			"links": [{"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 7, "target_slot": 0}]}]},
		"extra": {"linearData": {"inputs": [CHOSEN]}}}`
	shown := editor.Shown{
		Node:      "2",
		NodeTitle: "Inside",
		Name:      "value",
		Label:     "How many",
		Targets:   []editor.Target{{Node: "2:7", Field: "value"}},
	}
	for name, c := range map[string]struct {
		chosen string
		want   []editor.Shown
	}{
		"a node": {`[1, "value", {"description": "As you like."}]`, []editor.Shown{
			{Node: "1", Name: "value", Help: "As you like.", Targets: []editor.Target{{Node: "1", Field: "value"}}},
		}},
		"the host of a subgraph":   {`["2", "value"]`, []editor.Shown{shown}},
		"a node shown on its host": {`["7", "value"]`, []editor.Shown{shown}},
		"a node inside": {`[8, "value"]`, []editor.Shown{
			{Node: "8", Name: "value", Targets: []editor.Target{{Node: "2:8", Field: "value"}}},
		}},
		"with the workflow's id":    {`["0b7c:2:value", "value"]`, []editor.Shown{shown}},
		"what is linked or is gone": {`[3, "value"], [44, "value"], [1, "nothing"], 5, []`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			file := strings.Replace(workflow, "CHOSEN", c.chosen, 1)
			got, err := convert([]byte(file), editor.Options{Info: readInfo(t, "testdata/object_info.json")})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.App); diff != "" {
				t.Error(diff)
			}
		})
	}
}
