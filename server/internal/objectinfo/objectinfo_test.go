package objectinfo_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

const answer = `{
 "Draw": {
  "input": {
   "required": {"z": ["INT", {"default": 3, "min": 0, "max": 9, "step": 3, "tooltip": "How many."}],
    "model": ["MODEL"], "seed": ["INT", {}]},
   "optional": {"picture": [["a.png", "b.png"], {"image_upload": true}], "how": ["COMFY_DYNAMICCOMBO_V3", {"options": [
     {"key": "fast", "inputs": {"required": {}}},
     {"key": "good", "inputs": {"required": {"seed": ["INT", {}], "others": ["COMFY_AUTOGROW_V3",
       {"template": {"input": {"required": {"image": ["IMAGE", {}]}}, "prefix": "image"}}]}}}]}]},
   "hidden": {"prompt": "PROMPT"}
  },
  "input_order": {"required": ["model", "z", "seed"], "optional": ["how"]},
  "output": ["IMAGE", ["a", "b"]], "output_name": ["picture"], "display_name": "Draw it", "output_node": true,
  "python_module": "custom_nodes.Drawing"
 },
 "Broken": {"input": {"required": {"x": 5, "y": [], "w": [7, 8]}}},
 "NoClass": 3
}`

func TestParse(t *testing.T) {
	info, err := objectinfo.Parse([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	draw := info.Class("Draw")
	var names []string
	for _, in := range draw.Inputs {
		names = append(names, in.Name+":"+in.Widget)
	}
	if got := strings.Join(names, " "); got != "model: z:INT seed:INT how:COMFY_DYNAMICCOMBO_V3 picture:COMBO" {
		t.Error("inputs in the order of the page:", got)
	}
	if z := draw.Input("z"); z.Min != "0" || z.Max != "9" || z.Step != "3" || z.Help != "How many." || z.Control {
		t.Errorf("%+v", z)
	}
	if !draw.Input("seed").Control || draw.Input("how.seed").Control {
		t.Error("a seed has a control beside it, one in a dynamic combo only when it says so")
	}
	if grown := draw.Input("how.others.image3"); grown == nil || grown.Type != "IMAGE" {
		t.Errorf("%+v", grown)
	}
	if picture := draw.Input("picture"); picture.Upload != objectinfo.ImageUpload || len(picture.Choices) != 2 || picture.Required {
		t.Errorf("%+v", picture)
	}
	if want := []objectinfo.Output{{Name: "picture", Type: "IMAGE"}, {Type: "COMBO"}}; !slices.Equal(draw.Outputs, want) || !draw.Output {
		t.Errorf("%+v", draw.Outputs)
	}
	if info.Class("Broken") == nil || info.Class("NoClass") != nil || draw.Input("how.nothing") != nil {
		t.Error("odd classes are read as far as they can be")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "<html>", "[]", "{}", `{"a":{}}`} {
		if _, err := objectinfo.Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "the answer to /object_info") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// BenchmarkParse reads the answer of a real ComfyUI, 1.6 MB.
func BenchmarkParse(b *testing.B) {
	data, err := os.ReadFile(filepath.Join(pairs.Folder(b), "object_info.json"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := objectinfo.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
