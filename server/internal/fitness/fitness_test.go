package fitness_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// check holds a graph against classes, both as ComfyUI writes them.
func check(t *testing.T, graphText, classes string) []fitness.Problem {
	t.Helper()
	parsed, err := jsontree.Parse([]byte(graphText))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(parsed.(*jsontree.Object))
	if err != nil {
		t.Fatal(err)
	}
	info, err := objectinfo.Parse([]byte(classes))
	if err != nil {
		t.Fatal(err)
	}
	return fitness.Check(g, info)
}

func TestAProblemSaysWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		name, value, spec string
		kind              fitness.Kind
		want              string
	}{
		{
			"no models", `"flux.safetensors"`, `[[]]`, fitness.MissingModel,
			"node 1 (X) needs the model file flux.safetensors, which is not there: put it into models/diffusion_models",
		},
		{
			"in a folder", `"flux.safetensors"`, `[["new\\flux.safetensors"]]`, fitness.ValueNotOffered,
			"node 1 (X) names the file flux.safetensors, which this ComfyUI has as new\\flux.safetensors: change unet_name in the workflow",
		},
		{
			"of another system", `"new\\flux.safetensors"`, `["COMBO", {"options": ["new/flux.safetensors"]}]`, fitness.ValueNotOffered,
			"node 1 (X) names the file new\\flux.safetensors, which this ComfyUI has as new/flux.safetensors: change unet_name in the workflow",
		},
		{"there", `"flux.safetensors"`, `[["flux.safetensors"]]`, "", ""},
		{"number there", `1.0`, `[[1, 2]]`, "", ""},
		{"list unknown", `"flux.safetensors"`, `["COMBO", {"remote": {"route": "/x"}}]`, "", ""},
		{
			"input picture", `"cat.png"`, `[[], {"image_upload": true}]`, fitness.MissingFile,
			"node 1 (X) needs the file cat.png, which is not there: put it into ComfyUI's input folder",
		},
		{"input picture in a folder", `"pets/cat.png"`, `[[], {"image_upload": true}]`, "", ""},
		{
			"other choice", `"flux2"`, `[["sd3", "wan"]]`, fitness.ValueNotOffered,
			`node 1 (X) has "flux2" in the field unet_name, which this ComfyUI does not offer there (it has sd3, wan)`,
		},
		{"list filled by the page", `"flux2"`, `[[]]`, "", ""},
		{
			"too large", `99999`, `["INT", {"max": 16384}]`, fitness.ValueNotOffered,
			"node 1 (X) has 99999 in the field unet_name, which takes at most 16384",
		},
		{
			"too small", `0.1`, `["FLOAT", {"min": 0.5}]`, fitness.ValueNotOffered,
			"node 1 (X) has 0.1 in the field unet_name, which takes at least 0.5",
		},
		{
			"largest seed", `18446744073709551616`, `["INT", {"max": 18446744073709551615}]`, fitness.ValueNotOffered,
			"node 1 (X) has 18446744073709551616 in the field unet_name, which takes at most 18446744073709551615",
		},
		{"number as text", `"64"`, `["INT", {"max": 64}]`, "", ""},
		{"no number", `"abc"`, `["INT"]`, fitness.Other, "node 1 (X) has abc in the field unet_name, which takes a whole number"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			found := check(t, fmt.Sprintf(`{"1": {"class_type": "X", "inputs": {"unet_name": %s}}}`, tc.value),
				fmt.Sprintf(`{"X": {"input": {"required": {"unet_name": %s}}, "output_node": true}}`, tc.spec))
			if tc.want == "" {
				if len(found) > 0 {
					t.Errorf("found %v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Text != tc.want || found[0].Kind != tc.kind || found[0].Field != "unet_name" || found[0].NodeID != "1" {
				t.Errorf("found %+v\nwant %s: %s", found, tc.kind, tc.want)
			}
		})
	}
}

const drawing = `{
 "38": {"class_type": "Loader", "inputs": {"clip_name": "qwen.safetensors"}},
 "48": {"class_type": "Schedule", "inputs": {"width": 1024}, "_meta": {"title": "Plan"}},
 "9": {"class_type": "Save", "inputs": {"images": ["48", 0]}}
}`

func TestTheGraphAsAWhole(t *testing.T) {
	const loader, save = `"Loader": {"input": {"required": {"clip_name": [[]]}}}`, `"Save": {"input": {"required": {}}, "output_node": true}`
	found := check(t, drawing, `{`+loader+`,`+save+`}`)
	want := []fitness.Problem{{
		Kind: fitness.MissingClass,
		Text: `node 48 "Plan" (Schedule) is of a class that this ComfyUI does not have: update ComfyUI, or install the node pack that has it`,

		NodeID:    "48",
		NodeTitle: "Plan",
		Class:     "Schedule",
	}}
	// No output needs node 38, so ComfyUI does not look at its values.
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	found = check(t, drawing, `{`+loader+`,"Schedule": {"input": {}}, "Save": {"input": {}}}`)
	want = []fitness.Problem{{Kind: fitness.Other, Text: "no node of the graph saves anything: it needs one such as SaveImage"}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
}

// What a choice brings along is held against that choice alone.
func TestAChoiceWithInputsOfItsOwn(t *testing.T) {
	const classes = `{"X": {"output_node": true, "input": {"required": {"by": ["COMFY_DYNAMICCOMBO_V3", {"options": [
		{"key": "size", "inputs": {"required": {"to": ["INT", {"max": 10}]}}},
		{"key": "factor", "inputs": {"required": {"to": ["INT", {"max": 100}]}}}]}]}}}}`
	for graphText, want := range map[string]string{
		`{"1": {"class_type": "X", "inputs": {"by": "factor", "by.to": 50}}}`: "[]",
		`{"1": {"class_type": "X", "inputs": {"by": "size", "by.to": 50}}}`:   "[node 1 (X) has 50 in the field by.to, which takes at most 10]",
		`{"1": {"class_type": "X", "inputs": {"by": "hand", "by.to": 50}}}`: "[node 1 (X) has \"hand\" in the field by, " +
			"which this ComfyUI does not offer there (it has size, factor)]",
	} {
		texts := []string{}
		for _, p := range check(t, graphText, classes) {
			texts = append(texts, p.Text)
		}
		if got := fmt.Sprint(texts); got != want {
			t.Errorf("%s:\n%s\nwant %s", graphText, got, want)
		}
	}
}
