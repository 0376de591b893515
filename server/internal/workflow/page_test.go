package workflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// saved is a workflow as ComfyUI's page saved it: a seed and a text in a subgraph, the text from a PrimitiveNode's kin outside, a widget
// beside them that nobody sets, and a picture that may be left out.
const saved = `{
  "last_node_id": 9,
  "nodes": [
    {"id": 1, "type": "Text", "mode": 0, "inputs": [], "outputs": [{"links": [11]}],
     "widgets_values": ["a {red|blue} fox", 7, "randomize"], "widgets_values_named": {"text": "a {red|blue} fox", "seed": 7}},
    {"id": 2, "type": "host", "inputs": [{"name": "text", "link": null, "widget": {"name": "text"}}], "outputs": [{"links": [12]}],
     "widgets_values": ["inside"]},
    {"id": 3, "type": "Save", "mode": 0, "inputs": [{"name": "one", "link": 11}, {"name": "two", "link": 12}],
     "widgets_values": ["%date:yyyy%"]},
    {"id": 4, "type": "PrimitiveNode", "outputs": [{"links": [13], "widget": {"name": "seed"}}], "widgets_values": [5, "fixed"]},
    {"id": 5, "type": "Text", "inputs": [{"name": "seed", "link": 13, "widget": {"name": "seed"}}], "outputs": []}
  ],
  "links": [[11, 1, 0, 3, 0, "T"], [12, 2, 0, 3, 1, "T"], [13, 4, 0, 5, 0, "INT"]],
  "definitions": {"subgraphs": [{
    "id": "host", "name": "Inner",
    "inputs": [{"name": "text", "type": "STRING", "linkIds": [21]}],
    "outputs": [{"name": "T", "type": "T", "linkIds": [22]}],
    "nodes": [{"id": 8, "type": "Text", "inputs": [{"name": "text", "link": 21, "widget": {"name": "text"}}],
      "outputs": [{"links": [22]}], "widgets_values": ["default", 1, "fixed"]}],
    "links": [{"id": 21, "origin_id": -10, "origin_slot": 0, "target_id": 8, "target_slot": 0, "type": "STRING"},
      {"id": 22, "origin_id": 8, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "T"}]
  }]},
  "extra": {"note": "kept"}
}`

const savedClasses = `{
  "Text": {"input": {"required": {"text": ["STRING", {"dynamicPrompts": true}],
      "seed": ["INT", {"default": 3, "control_after_generate": true}]}},
    "input_order": {"required": ["text", "seed"]}, "output": ["T"], "output_node": false},
  "Save": {"input": {"required": {"filename_prefix": ["STRING", {}]}, "optional": {"one": ["T"], "two": ["T"]}},
    "input_order": {"required": ["filename_prefix"], "optional": ["one", "two"]}, "output": [], "output_node": true}
}`

// What ComfyUI's page opens shows what was run, and would run it again.
func TestPageShowsWhatWasRun(t *testing.T) {
	info := classes(t, savedClasses)
	v := opened(t, []byte(saved), info)
	o := v.On(info)
	run := o.Fill(workflow.Values{}, "job", noon, nil)
	again := reopened(t, o.Page(run), info)
	if got := differences(t, run, again); got != "" {
		t.Error("as it is: ", got)
	}
	run = changed(t, run, func(node, field string, value any) any {
		switch node + "." + field {
		case "1.text":
			return `a {wooden} fox | one`
		case "1.seed", "5.seed":
			return json.Number("4242")
		case "2:8.text":
			return "{as it is}"
		}
		return value
	})
	page := o.Page(run)
	if got := differences(t, run, reopened(t, page, info)); got != "" {
		t.Error("changed: ", got)
	}
	for _, want := range []string{
		`"randomize"`, `"%date:yyyy%"`, `"kept"`, `"seed":4242`, `["{as it is}"]`, `[4242,"fixed"]`, `["default",1,"fixed"]`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %s in %s", want, page)
		}
	}
	var nodes map[string]json.RawMessage
	if err := json.Unmarshal(run, &nodes); err != nil {
		t.Fatal(err)
	}
	delete(nodes, "5")
	without, _ := json.Marshal(nodes)
	if got := differences(t, without, reopened(t, o.Page(without), info)); got != "" {
		t.Error("with a node left out: ", got)
	}
	texts := workflow.Values{}
	for _, in := range o.Form.Inputs {
		if in.Kind == form.Text {
			texts[in.Name] = workflow.Text("{a|b}")
		}
	}
	run = o.Fill(texts, "job", noon, nil)
	if got := posted(t, run)["2:8.text"]; got != `"{a|b}"` {
		t.Errorf("the page leaves a text alone that is shown on a subgraph: %s", got)
	}
	if got := v.On(nil).Page(run); !strings.Contains(string(got), "a {red|blue} fox") {
		t.Errorf("without classes it is not the file: %s", got)
	}
}

// TestPagesOfPairs fills every workflow of the collection as somebody might book it, and holds what its page makes of the result against
// what was posted.
func TestPagesOfPairs(t *testing.T) {
	folder := pairs.Folder(t)
	data, err := os.ReadFile(filepath.Join(folder, "object_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	info := classes(t, string(data))
	var table struct {
		Cases, Edge []struct {
			File, Status string
			Features     map[string]any
		}
	}
	if data, err = os.ReadFile(filepath.Join(folder, "manifest.json")); err == nil {
		err = json.Unmarshal(data, &table)
	}
	if err != nil {
		t.Fatal(err)
	}
	all, equal := 0, 0
	for _, c := range append(table.Cases, table.Edge...) {
		if c.Status != "ok" || c.Features["viewport_3d"] != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, c.File))
		if err != nil {
			t.Fatal(err)
		}
		v := opened(t, data, info)
		if v == nil {
			continue // for the extension of a pack
		}
		o := v.On(info)
		run := o.Fill(another(o), "job", noon, nil)
		all++
		if got := differences(t, run, reopened(t, o.Page(run), info)); got == "" {
			equal++
		} else {
			t.Log(c.File, got)
		}
	}
	t.Logf("equal: %d of %d", equal, all)
	if 100*equal < 99*all {
		t.Errorf("%d of %d are equal, which is less than 99 %%", equal, all)
	}
}

// another returns other values than the workflow has, for whatever its form shows.
func another(o workflow.Offer) workflow.Values {
	values := workflow.Values{}
	for i := range o.Form.Inputs {
		in := &o.Form.Inputs[i]
		if in.Hidden {
			continue
		}
		switch in.Kind {
		case form.Text:
			values[in.Name] = workflow.Text(`a {fox} in {the|a} snow // at noon`)
		case form.Seed:
			values[in.Name] = workflow.Seed(4242)
		case form.Boolean:
			values[in.Name] = workflow.Boolean(in.Default != true)
		case form.Choice:
			if len(in.Choices) > 0 {
				values[in.Name] = workflow.Text(in.Choices[len(in.Choices)-1])
			}
		case form.File:
			values[in.Name] = workflow.File{Input: "foxes/fox.png"}
		case form.Integer:
			if high, err := in.Max.Int64(); err == nil {
				values[in.Name] = workflow.Integer(high)
			}
		case form.Number:
			if high, err := in.Max.Float64(); err == nil {
				values[in.Name] = workflow.Number(high)
			}
		}
	}
	return values
}

// opened makes a version of a file as the library does; nil where ComfyUI lacks classes.
func opened(t *testing.T, data []byte, info *objectinfo.Info) *workflow.Version {
	t.Helper()
	file, err := workflowfile.Open(bytes.NewReader(data), editor.Options{Info: info, Later: true})
	if err != nil {
		return nil
	}
	return workflow.New("fox", "Fox", file, form.Detect(file.Graph, info, file.Author), "")
}

// reopened returns the graph that the page would post of what it saved.
func reopened(t *testing.T, page json.RawMessage, info *objectinfo.Info) json.RawMessage {
	t.Helper()
	file, err := workflowfile.Open(bytes.NewReader(page), editor.Options{Info: info, Now: noon})
	if err != nil {
		t.Fatalf("%v: %.2000s", err, page)
	}
	data, err := json.Marshal(file.Graph)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func changed(t *testing.T, run json.RawMessage, change func(node, field string, value any) any) json.RawMessage {
	t.Helper()
	file, err := workflowfile.Open(bytes.NewReader(run), editor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range file.Graph.Nodes {
		for i, in := range n.Inputs {
			n.Inputs[i].Value = change(n.ID, in.Name, in.Value)
		}
	}
	data, err := json.Marshal(graph.New(file.Graph.Nodes))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// differences tells where two graphs differ in more than the names of files.
func differences(t *testing.T, want, got json.RawMessage) string {
	t.Helper()
	wanted, have := posted(t, want), posted(t, got)
	var lines []string
	for field := range wanted {
		if _, there := have[field]; !there {
			have[field] = "nothing"
		}
	}
	for field, value := range have {
		if !strings.HasSuffix(field, ".filename_prefix") && !sameJSON(wanted[field], value) {
			lines = append(lines, fmt.Sprintf("%s: posted %.80s, opened %.80s", field, wanted[field], value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}
