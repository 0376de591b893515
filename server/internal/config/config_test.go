package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

const graph = `{
	"6": {"class_type": "Text", "inputs": {"text": "x"}},
	"25": {"class_type": "Noise", "inputs": {"noise_seed": 1, "width": 64}}
}`

// write puts a configuration, and what it may refer to, into a folder of its own.
func write(t testing.TB, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"config.json":              text,
		"graph_api.json":           graph,
		"comfy/main.py":            "",
		"python/bin/python":        "",
		"portable/ComfyUI/main.py": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.json")
}

const parameters = `"parameter_map": {"prompt": {"node_id": "6", "field": "text"}, "seed": {"node_id": "25", "field": "noise_seed"}}`

func with(comfy string) string {
	return `{"comfy_ui": ` + comfy + `, "workflow": {"template_file": "graph_api.json", ` + parameters + `}}`
}

func TestDefaultsAndPaths(t *testing.T) {
	file := write(t, with(`{"installation_type": "local", "root_path": "comfy", 
		"python_executable": "../python/bin/python", "output_dir": "out/pictures"}`))
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(file)
	for name, pair := range map[string][2]string{
		"python":   {c.ComfyUI.Python, dir + "/python/bin/python"},
		"output":   {c.ComfyUI.OutputDir, dir + "/comfy/out/pictures"},
		"data":     {c.Server.DataDir, dir + "/data"},
		"workflow": {c.Workflow.ID, "graph"},
		"base URL": {c.ComfyUI.BaseURL(), "http://127.0.0.1:8188"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", name, pair[0], pair[1])
		}
	}
	if c.Server.Port != 3000 || c.Server.Host != "localhost" || time.Duration(c.Server.ShutdownGrace) != 30*time.Second {
		t.Errorf("server defaults: %+v", c.Server)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !os.IsNotExist(err) {
		t.Error("loading made the data folder")
	}
}

func TestTargetsInEveryForm(t *testing.T) {
	file := write(t, `{"comfy_ui": {"installation_type": "simulated"}, "workflow": {"template_file": "graph_api.json", "parameter_map": {
		"prompt": [{"node_id": "6", "field": "text"}],
		"seed": {"node_id": "25", "field": "noise_seed", "max": 18446744073709551615},
		"width": {"targets": [{"node_id": "25", "field": "width"}, {"node_id": "25", "field": "noise_seed"}], "min": 1}}}}`)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Workflow.ParameterMap["width"].Targets; len(got) != 2 || got[0] != (form.Target{Node: "25", Field: "width"}) {
		t.Errorf("targets of width: %v", got)
	}
	for position, name := range []string{"prompt", "seed", "width"} {
		if got := c.Workflow.ParameterMap[name].Position; got != position {
			t.Errorf("%s is at %d, want %d", name, got, position)
		}
	}
	if got := c.Workflow.ParameterMap["seed"].Max; got != "18446744073709551615" {
		t.Errorf("largest seed was rounded to %v", got)
	}
}

func TestEveryProblemIsNamed(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"no JSON", "{\n  \"server\": {,}\n}", []string{"line 2, column"}},
		{"empty", `{}`, []string{"comfy_ui: missing", "workflow: missing"}},
		{
			"structure", `{"sever": {}, "server": {"port": "3000", "hots": "x", "shutdown_grace": "soon"},
				"comfy_ui": {"installation_type": "locl", "api_port": 70000},
			"workflow": {"template_file": "graph_api.json", "parameter_map": {"prompt": {"node": "6"}}}}`,
			[]string{
				`sever: unknown key; did you mean "server"?`, `server.port: must be an integer, not a string`,
				`server.hots: unknown key; did you mean "host"?`,
				`server.shutdown_grace: must be a duration such as "30s"`,
				`comfy_ui.installation_type: must be one of "portable", "local", "remote", "simulated"; did you mean "local"?`,
				`comfy_ui.api_port:`, `workflow.parameter_map.prompt: must name the field`,
			},
		},
		{"duplicate", `{"comfy_ui": {"installation_type": "local", "installation_type": "remote"},
			"workflow": {"template_file": "graph_api.json", ` + parameters + `}}`, []string{
			"comfy_ui.installation_type: is given twice",
		}},
		{"paths", `{"comfy_ui": {"installation_type": "local", "root_path": "nowhere", "python_executable": "no-such-python"},
			"workflow": {"template_file": "none.json", ` + parameters + `}}`, []string{
			"comfy_ui.root_path: there is no folder", `comfy_ui.python_executable: there is no program "no-such-python"`, "workflow.template_file:",
			"no such file",
		}},
		{
			"folder above", with(`{"installation_type": "local", "root_path": "portable", "python_executable": "../python/bin/python"}`),
			[]string{"no main.py", "portable/ComfyUI"},
		},
		{"same port", `{"server": {"port": 8188}, "comfy_ui": {"installation_type": "simulated"},
			"workflow": {"template_file": "graph_api.json", ` + parameters + `}}`, []string{
			"comfy_ui.api_port: 8188 is the service's own port",
		}},
		{"workflow", `{"comfy_ui": {"installation_type": "simulated"},
			"workflow": {"template_file": "graph_api.json",
			"parameter_map": {"prompt": {"node_id": "7", "field": "text"}, "seed": {"node_id": "25", "field": "sed"}}}}`, []string{
			`workflow.parameter_map.prompt: there is no node "7"`, `workflow.parameter_map.seed: node 25 (Noise) has no field "sed"`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := config.Load(write(t, tc.text))
			var problems *config.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestShippedFiles(t *testing.T) {
	if _, err := config.Load("../../../config.json"); err != nil {
		t.Error(err)
	}
	_, err := config.Load("../../../config.portable.json")
	if err == nil {
		t.Skip("needs a machine without C:/AI/ComfyUI_windows_portable")
	}
	for _, want := range []string{
		"comfy_ui.root_path: there is no folder C:/AI/ComfyUI_windows_portable/ComfyUI",
		"comfy_ui.python_executable: there is no file C:/AI/ComfyUI_windows_portable/python_embeded/python.exe",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
	published, err := os.ReadFile("../../../config.schema.json")
	if err != nil || !bytes.Equal(published, config.Schema) {
		t.Errorf("config.schema.json at the top is not the one the service uses; run make generate (%v)", err)
	}
}

// The seeds are short, and one folder serves all inputs: each input that reaches new code is shortened in every way there is, whose
// number grows with the square of its length.
func FuzzLoad(f *testing.F) {
	const comfy, graphed = `"comfy_ui":{"installation_type":"simulated"}`, `"workflow":{"template_file":"graph_api.json","parameter_map":`
	for _, seed := range []string{
		`{}`, `{"server":{"port":1e9},"comfy_ui":[]}`, `{"a":1,"a":2}`, `{"server":{"shutdown_grace":"soon"}}`,
		`{` + comfy + `,` + graphed + `{"a":[null]}}}`,
		`{` + comfy + `,"workflow":{"template_file":"_api.json",` + parameters + `}}`,
		`{"comfy_ui":{"installation_type":"local","root_path":"comfy"},` + graphed + `{}}}`,
		`{` + comfy + `,` + graphed + `{"prompt":{"node_id":"6","field":"text"},"seed":{"targets":[{"node_id":"25","field":"noise_seed"}],
			"max":9}}}}`,
	} {
		f.Add(seed)
	}
	file := write(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file)
		if err == nil && (c.Workflow.ID == "" || c.Workflow.Title == "") {
			t.Errorf("accepted without a name: %+v", c.Workflow)
		}
	})
}
