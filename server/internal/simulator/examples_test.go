package simulator_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

const examples = "../../../workflows"

// makes tells for each shipped workflow what its output is called and of which kind it is; the ones that cannot run say why.
var makes = map[string]struct{ shown, file, lacks string }{
	"better_faces.json":         {lacks: "FaceDetailer"},
	"describe_a_picture.json":   {shown: "text"},
	"flux_klein_api.json":       {shown: "images", file: ".png"},
	"model_free_api.json":       {shown: "images", file: ".png"},
	"oil_painting.json":         {lacks: "oil-masters-xl.safetensors"},
	"photo_to_painting.json":    {shown: "images", file: ".png"},
	"picture_to_3d.json":        {shown: "3d", file: ".glb"},
	"picture_to_animation.json": {shown: "images", file: ".webp"},
	"portrait.json":             {shown: "images", file: ".png"},
	"poster.json":               {shown: "images", file: ".png"},
	"repair_a_part.json":        {shown: "images", file: ".png"},
	"short_video.json":          {shown: "images", file: ".mp4"},
	"sound.json":                {shown: "audio", file: ".flac"},
	"text_to_image.json":        {shown: "images", file: ".png"},
	"upscale.json":              {shown: "images", file: ".png"},
}

func TestShippedExamplesConvertAndRun(t *testing.T) {
	c := start(t, "--sample-inputs")
	options := editor.Options{Info: c.classes(), Random: func() float64 { return 0 }, Now: time.Now()}
	files, err := filepath.Glob(filepath.Join(examples, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, ".form.json") {
			continue
		}
		found++
		want, known := makes[name]
		if !known {
			t.Errorf("%s: this test does not know what it makes", name)
			continue
		}
		t.Run(name, func(t *testing.T) { c.example(t, file, options, want.shown, want.file, want.lacks) })
	}
	if found != len(makes) {
		t.Errorf("%d workflows of %d", found, len(makes))
	}
}

// example converts and runs one workflow, and opens what it made as a workflow again.
func (c *comfy) example(t *testing.T, path string, options editor.Options, shown, extension, lacks string) {
	w, err := open(path, options)
	if err != nil {
		if lacks == "" || !strings.Contains(err.Error(), lacks) {
			t.Fatal(err)
		}
		return
	}
	code, answer := c.do("POST", "/prompt", encode(object{
		"prompt":     json.RawMessage(encode(w.Graph)),
		"extra_data": object{"extra_pnginfo": object{"workflow": w.Editor}},
	}))
	if lacks != "" {
		if code != http.StatusBadRequest || !strings.Contains(encode(answer), lacks) {
			t.Fatalf("%d %v, want it to lack %s", code, answer, lacks)
		}
		return
	}
	if code != http.StatusOK || len(at(answer, "node_errors").(object)) > 0 {
		t.Fatalf("%d %v", code, answer)
	}
	entry := c.finished(at(answer, "prompt_id").(string))
	if status := at(entry, "status", "status_str"); status != "success" {
		t.Fatalf("status %v: %v", status, at(entry, "status", "messages", -1))
	}
	outputs := at(entry, "outputs").(object)
	if len(outputs) != 1 {
		t.Fatalf("outputs %v, want one", outputs)
	}
	for _, output := range outputs {
		if at(output, shown) == nil {
			t.Fatalf("shown as %v, want %s", output, shown)
		}
		if extension != "" {
			c.reopened(t, at(output, shown, 0), extension, w, options)
		}
	}
}

func open(path string, options editor.Options) (*workflowfile.Workflow, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return workflowfile.Open(file, options)
}

// reopened fetches a result and reads the workflow out of it.
func (c *comfy) reopened(t *testing.T, file any, extension string, made *workflowfile.Workflow, options editor.Options) {
	content := c.view(t, file)
	if got := filepath.Ext(at(file, "filename").(string)); got != extension {
		t.Errorf("a file %s, want %s", got, extension)
	}
	if extension == ".glb" {
		if string(content[:4]) != "glTF" || int(binary.LittleEndian.Uint32(content[8:])) != len(content) {
			t.Error("no GLB")
		}
		return
	}
	again, err := workflowfile.Open(bytes.NewReader(content), options)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := encode(again.Graph), encode(made.Graph); got != want {
		t.Errorf("the graph in the result is\n%s\nwant\n%s", got, want)
	}
	if (again.Editor == nil) != (made.Editor == nil) {
		t.Errorf("editor's file in the result: %v, want %v", again.Editor != nil, made.Editor != nil)
	}
}

func (c *comfy) view(t *testing.T, file any) []byte {
	query := url.Values{}
	for key, value := range file.(object) {
		query.Set(key, value.(string))
	}
	code, content := c.do("GET", "/view?"+query.Encode(), "")
	if code != http.StatusOK {
		t.Fatalf("view %v: %d", file, code)
	}
	return []byte(content.(string))
}

func (c *comfy) classes() *objectinfo.Info {
	c.t.Helper()
	response, err := http.Get("http://" + c.host + "/object_info")
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	info, err := objectinfo.Parse(content)
	if err != nil {
		c.t.Fatal(err)
	}
	return info
}

// TestSideFilesFit applies each side file to the form of the workflow beside it.
func TestSideFilesFit(t *testing.T) {
	options := editor.Options{Info: start(t).classes(), Random: func() float64 { return 0 }, Now: time.Now()}
	files, err := filepath.Glob(filepath.Join(examples, "*.form.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no side files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		side, err := edits.Parse(content)
		if err != nil || side.Title == "" || side.Description == "" {
			t.Errorf("%s: %v; title %q, description %q", file, err, side.Title, side.Description)
		}
		beside := strings.TrimSuffix(file, ".form.json") + ".json"
		w, err := open(beside, options)
		if lacks := makes[filepath.Base(beside)].lacks; err != nil && lacks != "" {
			continue // what it is made of is not known here
		} else if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		_, notes := side.Apply(form.Detect(w.Graph, options.Info, w.Author), w.Graph)
		for _, note := range notes {
			t.Errorf("%s: %s", file, note)
		}
	}
}

func TestTemplatesAreOffered(t *testing.T) {
	c := start(t)
	options := editor.Options{Info: c.classes(), Random: func() float64 { return 0 }, Now: time.Now()}
	paths := []string{}
	for _, group := range c.get("/templates/index.json").([]any) {
		for _, template := range at(group, "templates").([]any) {
			name := "/templates/" + at(template, "name").(string)
			paths = append(paths, name+".json")
			if code, _ := c.do("GET", name+"-1."+at(template, "mediaSubtype").(string), ""); code != http.StatusOK {
				t.Errorf("picture of %s: %d", name, code)
			}
		}
	}
	for pack, names := range c.get("/workflow_templates").(object) {
		for _, name := range names.([]any) {
			paths = append(paths, "/api/workflow_templates/"+pack+"/"+name.(string)+".json")
		}
	}
	if len(paths) != 5 {
		t.Errorf("templates %v, want 5", paths)
	}
	for _, path := range paths {
		if _, err := workflowfile.Open(strings.NewReader(encode(c.get(path))), options); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range []string{"/api/templates/index.json", "/templates/none.json", "/workflow_templates/comfyui-simulated-pack/a.json"} {
		if code, _ := c.do("GET", path, ""); code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, code)
		}
	}
}
