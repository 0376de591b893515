package comfy_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// objectInfo answers with every definition a recording holds.
func objectInfo(t *testing.T, recording string) *scripted {
	s := absent(t, promptID)
	for _, r := range load(t, recording) {
		if strings.HasPrefix(r.Path, "/object_info/") {
			s.on("GET "+r.Path, answer{r.Status, string(r.body())})
		}
	}
	return s
}

func class(t *testing.T, s *scripted, name string) (n comfy.NodeClass, ok bool) {
	with(t, s, func(t *testing.T, c *comfy.Client) {
		var err error
		if n, ok, err = c.ObjectInfo(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	return n, ok
}

func TestRecordedNodeClasses(t *testing.T) {
	s := objectInfo(t, "01")
	save, ok := class(t, s, "SaveImage")
	want := comfy.NodeClass{
		Name:        "SaveImage",
		DisplayName: "Save Image",
		OutputNode:  true,
		Inputs: []comfy.Input{
			{Name: "images", Kind: comfy.Link, Type: "IMAGE", Required: true},
			{Name: "filename_prefix", Kind: comfy.String, Type: "STRING", Required: true, Default: json.RawMessage(`"ComfyUI"`)},
		},
	}
	if !ok || !reflect.DeepEqual(save, want) {
		t.Errorf("%+v", save)
	}
	noise, _ := class(t, s, "RandomNoise")
	if seed, ok := noise.Input("noise_seed"); !ok || seed.Kind != comfy.Int || seed.Max != "18446744073709551615" || seed.Min != "0" {
		t.Errorf("%+v", seed)
	}
	if text, ok := mustInput(t, s, "CLIPTextEncode", "text"); !ok || !text.Multiline || text.Kind != comfy.String {
		t.Errorf("%+v", text)
	}
	if _, ok := class(t, s, "NoSuchNode"); ok {
		t.Error("found a class that does not exist")
	}
	if _, ok := save.Input("nothing"); ok {
		t.Error("found an input that does not exist")
	}

	s = objectInfo(t, "16")
	if clip, _ := mustInput(t, s, "CLIPLoader", "type"); clip.Kind != comfy.Combo || len(clip.Choices) < 10 ||
		clip.Choices[0] != "stable_diffusion" {
		t.Errorf("%+v", clip)
	}
	if device, ok := mustInput(t, s, "CLIPLoader", "device"); !ok || device.Required {
		t.Errorf("%+v", device)
	}
	if unet, _ := mustInput(t, s, "UNETLoader", "unet_name"); unet.Kind != comfy.Combo || unet.Choices == nil || len(unet.Choices) != 0 {
		t.Errorf("%+v", unet)
	}
	if _, ok := class(t, s, "EmptyFlux2LatentImage"); ok {
		t.Error("0.3.64 has no such class")
	}
}

func mustInput(t *testing.T, s *scripted, name, input string) (comfy.Input, bool) {
	n, ok := class(t, s, name)
	if !ok {
		t.Fatalf("no class %s", name)
	}
	return n.Input(input)
}

func TestInputsOfEveryNotation(t *testing.T) {
	s := absent(t, promptID).on("GET /object_info/X", answer{200, `{"X": {"display_name": null, "output_node": false, "input": {"required": {
		"combo": ["COMBO", {"options": ["a", 2, true, 0.50], "default": "a"}],
		"remote": ["COMBO", {"remote": {"route": "/x"}}],
		"old": [["a", "b"], {"default": "b"}],
		"cfg": ["FLOAT", {"default": 8.0, "min": -Infinity, "max": Infinity, "step": 0.1, "tooltip": "NaN is \"fine\" here"}],
		"on": ["BOOLEAN", {"default": false}], "any": ["*"], "both": ["IMAGE,MASK", {}], "odd": ["INT", {"min": "1", "max": [2], "default": 3}],
		"broken": 5, "empty": [], "file": [[], {"image_upload": true}],
		"format": ["COMFY_DYNAMICCOMBO_V3", {"options": [
			{"key": "mp4", "inputs": {"required": {"codec": ["COMBO", {"options": ["h264"]}], "crf": ["INT", {"max": 51}]}}},
			{"key": "webm", "inputs": {"optional": {"crf": ["INT", {"max": 63}], "alpha": ["BOOLEAN", {}]}}}, 7]}]}}}}`})
	n, _ := class(t, s, "X")
	want := []comfy.Input{
		{Name: "combo", Kind: comfy.Combo, Type: "COMBO", Default: json.RawMessage(`"a"`), Choices: []string{"a", "2", "true", "0.50"}},
		{Name: "remote", Kind: comfy.Combo, Type: "COMBO"},
		{Name: "old", Kind: comfy.Combo, Type: "COMBO", Default: json.RawMessage(`"b"`), Choices: []string{"a", "b"}},
		{Name: "cfg", Kind: comfy.Float, Type: "FLOAT", Default: json.RawMessage(`8.0`), Step: "0.1"},
		{Name: "on", Kind: comfy.Boolean, Type: "BOOLEAN", Default: json.RawMessage(`false`)},
		{Name: "any", Kind: comfy.Link, Type: "*"},
		{Name: "both", Kind: comfy.Link, Type: "IMAGE,MASK"},
		{Name: "odd", Kind: comfy.Int, Type: "INT", Default: json.RawMessage(`3`)},
		{Name: "broken", Kind: comfy.Link},
		{Name: "empty", Kind: comfy.Link},
		{Name: "file", Kind: comfy.Combo, Type: "COMBO", Choices: []string{}, Upload: true},
		{Name: "format", Kind: comfy.Combo, Type: "COMFY_DYNAMICCOMBO_V3", Choices: []string{"mp4", "webm"}},
		{Name: "format.codec", Kind: comfy.Combo, Type: "COMBO", Choices: []string{"h264"}},
		{Name: "format.crf", Kind: comfy.Link},
		{Name: "format.alpha", Kind: comfy.Boolean, Type: "BOOLEAN"},
	}
	for i := range want {
		want[i].Required = !strings.Contains(want[i].Name, ".") // those depend on a choice
		if i >= len(n.Inputs) || !reflect.DeepEqual(n.Inputs[i], want[i]) {
			t.Errorf("input %d: %+v\nwant %+v", i, n.Inputs[min(i, len(n.Inputs)-1)], want[i])
		}
	}
	if n.DisplayName != "X" {
		t.Errorf("display name %q", n.DisplayName)
	}
}
