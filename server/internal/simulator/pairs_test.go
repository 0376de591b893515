package simulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

// older are the inputs that newer ComfyUIs have changed since the version that is simulated.
var older = []string{"SaveVideo.format", "SaveVideo.codec", "SaveGLB.mesh"}

// TestClassesAreThoseOfComfyUI holds names and types of inputs and outputs against a real ComfyUI's.
func TestClassesAreThoseOfComfyUI(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(pairs.Folder(t), "object_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	comfyUI, err := objectinfo.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	for name, class := range start(t).classes().Classes() {
		theirs := comfyUI.Class(name)
		if theirs == nil {
			t.Errorf("%s: ComfyUI has no such class", name)
			continue
		}
		if class.Output != theirs.Output || class.Partner != theirs.Partner {
			t.Errorf("%s: output %v, paid %v; ComfyUI says %v, %v", name, class.Output, class.Partner, theirs.Output, theirs.Partner)
		}
		for _, input := range class.Inputs {
			other := theirs.Input(input.Name)
			switch {
			case slices.Contains(older, name+"."+input.Name):
			case other == nil:
				t.Errorf("%s.%s: ComfyUI has no such input", name, input.Name)
			case input.Type != other.Type || input.Widget != other.Widget || input.Control != other.Control || input.Upload != other.Upload:
				t.Errorf("%s.%s: %+v\nComfyUI has %+v", name, input.Name, input, other)
			case input.Min != other.Min || input.Max != other.Max:
				t.Errorf("%s.%s: from %s to %s, with ComfyUI from %s to %s", name, input.Name, input.Min, input.Max, other.Min, other.Max)
			}
		}
		for i, output := range class.Outputs {
			if i >= len(theirs.Outputs) || output.Type != theirs.Outputs[i].Type {
				t.Errorf("%s: output %d is %s, with ComfyUI %v", name, i, output.Type, theirs.Outputs)
			}
		}
	}
}

// TestTemplatesOfComfyUIAreTaken posts the graphs of official templates whose classes are all known. Models and files may be
// missing; everything else must be right.
func TestTemplatesOfComfyUIAreTaken(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(pairs.Folder(t), "expected*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	outdated := outdatedPairs(t)
	c := start(t, "--sample-inputs", "--load-time", "1h")
	known, taken := c.classes(), 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g, _ := decode(t, content).(object)
		if outdated[filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file)] || !runnable(g, known) {
			continue
		}
		taken++
		code, answer := c.do("POST", "/prompt", encode(object{"prompt": g}))
		if code != http.StatusOK && at(answer, "error", "type") != "prompt_outputs_failed_validation" {
			t.Errorf("%s: %v", file, at(answer, "error"))
		}
		problems, _ := at(answer, "node_errors").(object)
		for id, node := range problems {
			for _, problem := range at(node, "errors").([]any) {
				if kind := at(problem, "type"); kind != "value_not_in_list" && kind != "custom_validation_failed" {
					t.Errorf("%s: node %s: %v", file, id, problem)
				}
			}
		}
		c.post("/queue", object{"clear": true})
	}
	t.Logf("%d of %d graphs", taken, len(files))
}

// runnable tells whether all classes of a graph are known, and one saves something.
func runnable(g graph, known *objectinfo.Info) bool {
	saves := false
	for _, node := range g {
		name, _ := at(node, "class_type").(string)
		class := known.Class(name)
		if class == nil {
			return false
		}
		saves = saves || class.Output
	}
	return saves
}

// outdatedPairs are the graphs with values at wrong places, because a class has changed since the template was made.
func outdatedPairs(t *testing.T) map[string]bool {
	content, err := os.ReadFile(filepath.Join(pairs.Folder(t), "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Cases []struct {
			Expected    string  `json:"expected"`
			WrongValues [][]any `json:"type_wrong_values"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	outdated := map[string]bool{}
	for _, c := range manifest.Cases {
		outdated[c.Expected] = outdated[c.Expected] || len(c.WrongValues) > 0
	}
	return outdated
}
