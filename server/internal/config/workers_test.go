package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// loadWorkers loads a configuration with a simulated ComfyUI and a list of workers; nil for none.
func loadWorkers(t *testing.T, workers any) (*config.Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	template, err := filepath.Abs("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]any{
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": 9000, "extra_args": []string{"--step-time", "1ms"}},
		"workflow": map[string]any{
			"template_file": template,
			"parameter_map": map[string]any{
				"prompt": map[string]any{"node_id": "6", "field": "text"},
				"seed":   map[string]any{"node_id": "25", "field": "noise_seed"},
			},
		},
	}
	if workers != nil {
		written["workers"] = workers
	}
	data, err := json.Marshal(written)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(file)
	return c, filepath.ToSlash(dir), err
}

func TestOneComfyUIIsOneWorker(t *testing.T) {
	c, dir, err := loadWorkers(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Workers) != 1 || c.Workers[0].ID != "gpu" || c.Workers[0].ComfyUI.RootPath != dir+"/data/simulated" {
		t.Errorf("workers: %+v", c.Workers)
	}
}

// What a worker leaves out it takes from comfy_ui; what two cannot share is not shared.
func TestSeveralWorkers(t *testing.T) {
	c, dir, err := loadWorkers(t, []any{
		map[string]any{"id": "one", "comfy_ui": map[string]any{"api_port": 9001}},
		map[string]any{"id": "two", "comfy_ui": map[string]any{"api_port": 9002, "extra_args": []string{"--step-time", "2ms"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	one, two := c.Workers[0].ComfyUI, c.Workers[1].ComfyUI
	if one.Port != 9001 || one.RootPath != dir+"/data/simulated" || one.ExtraArgs[1] != "1ms" {
		t.Errorf("one: %+v", one)
	}
	if two.Port != 9002 || two.RootPath != dir+"/data/workers/two/simulated" || two.ExtraArgs[1] != "2ms" {
		t.Errorf("two: %+v", two)
	}
	for name, tc := range map[string]struct{ second, want string }{
		"same id":     {`{"id": "one", "comfy_ui": {"api_port": 9002}}`, `"one" is the id of another worker`},
		"odd id":      {`{"id": "Two/", "comfy_ui": {"api_port": 9002}}`, "must be 1 to 32 lower-case letters"},
		"a device":    {`{"id": "con", "comfy_ui": {"api_port": 9002}}`, "cannot be the name of a folder"},
		"no id":       {`{"title": "Two"}`, "workers.1.id: missing"},
		"unknown key": {`{"id": "two", "gpu": 1}`, "workers.1.gpu: unknown key"},
		"same title":  {`{"id": "two", "title": "One", "comfy_ui": {"api_port": 9002}}`, `workers.1.title: "One" is the title of`},
		"same port":   {`{"id": "two"}`, "workers.1.comfy_ui.api_port: 9000 is another worker's (one)"},
		"every address": {
			`{"id": "two", "comfy_ui": {"api_host": "0.0.0.0"}}`, "workers.1.comfy_ui.api_port: 9000 is another worker's (one)",
		},
		"the address of a remote one": {
			`{"id": "two", "comfy_ui": {"installation_type": "remote", "api_port": 9000}}`,
			"workers.1.comfy_ui.api_host: 127.0.0.1:9000 is the address of the worker one too",
		},
		"same folder of results": {
			`{"id": "two", "comfy_ui": {"api_port": 9002, "root_path": "data/simulated", "output_dir": "output"}}`,
			"workers.1.comfy_ui.output_dir: ",
		},
		"same folder of temporary files": {
			`{"id": "two", "comfy_ui": {"api_port": 9002, "root_path": "data/two", "extra_args": ["--temp-directory", "../simulated"]}}`,
			"workers.1.comfy_ui.extra_args: --temp-directory is ",
		},
		"environment of a remote one": {
			`{"id": "two", "environment": {"A": "1"}, "comfy_ui": {"installation_type": "remote", "api_port": 9002}}`,
			"workers.1.environment: the service does not start a remote ComfyUI",
		},
		"two GPUs": {
			`{"id": "two", "environment": {"CUDA_VISIBLE_DEVICES": "1"}, "comfy_ui": {"api_port": 9002, "extra_args": ["--cuda-device=2"]}}`,
			"workers.1.environment: CUDA_VISIBLE_DEVICES and --cuda-device 2",
		},
		"a variable of the service": {
			`{"id": "two", "environment": {"COMFYSCHEDULER_WORKER": "x"}, "comfy_ui": {"api_port": 9002}}`,
			"workers.1.environment: COMFYSCHEDULER_WORKER is set by the service",
		},
	} {
		_, _, err := loadWorkers(t, []any{map[string]any{"id": "one"}, json.RawMessage(tc.second)})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// Workers that are started from one folder keep apart; the first has what it had when it was alone.
func TestTwoOfOneFolder(t *testing.T) {
	file := write(t, `{"comfy_ui": {"installation_type": "local", "root_path": "comfy", "python_executable": "../python/bin/python"},
		"workers": [{"id": "gpu"},
			{"id": "second", "title": "The second", "comfy_ui": {"api_port": 8189}, "environment": {"CUDA_VISIBLE_DEVICES": "1"},
				"workflows": ["graph", "owl"]},
			{"id": "own-user", "comfy_ui": {"api_port": 8190, "extra_args": ["--user-directory", "/tmp/user", "--cuda-device", "0"]}},
			{"id": "stand-in", "comfy_ui": {"installation_type": "simulated", "api_port": 8191}},
			{"id": "far", "comfy_ui": {"installation_type": "remote", "api_host": "192.0.2.1"}}],
		"workflow": {"template_file": "graph_api.json", `+parameters+`}}`)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.ToSlash(filepath.Dir(file))
	first, second, ownUser, standIn, far := c.Workers[0], c.Workers[1], c.Workers[2], c.Workers[3], c.Workers[4]
	if first.Title != "gpu" || first.ComfyUI.OutputDir != dir+"/comfy/output" || first.ComfyUI.UserDir+first.ComfyUI.TempDir+
		first.ComfyUI.Database != "" {
		t.Errorf("the first: %+v", first)
	}
	own := dir + "/data/workers/second/own"
	if second.ComfyUI.OutputDir != dir+"/comfy/output/second" || second.ComfyUI.UserDir != own+"/user" ||
		second.ComfyUI.TempDir != own || second.ComfyUI.Database != own+"/comfyui.db" || second.ComfyUI.InputDir() != first.ComfyUI.InputDir() {
		t.Errorf("the second: %+v", second)
	}
	if second.Title != "The second" || second.Environment["CUDA_VISIBLE_DEVICES"] != "1" || !second.MayRun("owl") ||
		second.MayRun("fox") || !first.MayRun("fox") {
		t.Errorf("the second: %+v", second)
	}
	if ownUser.ComfyUI.UserDir != "" || ownUser.ComfyUI.TempDir != dir+"/data/workers/own-user/own" {
		t.Errorf("one with a user folder of its own: %+v", ownUser)
	}
	if standIn.ComfyUI.RootPath != dir+"/data/workers/stand-in/simulated" || standIn.ComfyUI.Python != "" {
		t.Errorf("a simulated one beside them: %+v", standIn)
	}
	if far.ComfyUI.RootPath != "" || far.ComfyUI.OutputDir != "" || far.ComfyUI.Address() != "192.0.2.1:8188" {
		t.Errorf("a remote one beside them: %+v", far)
	}
	if remarks := c.Remarks(); len(remarks) != 0 {
		t.Errorf("remarks: %q", remarks)
	}
}

// Without a device two ComfyUIs share the first GPU, which is allowed and told.
func TestTwoOnOneGPU(t *testing.T) {
	file := write(t, `{"comfy_ui": {"installation_type": "local", "root_path": "comfy", "python_executable": "../python/bin/python"},
		"workers": [{"id": "a"}, {"id": "b", "comfy_ui": {"api_port": 8189}, "workflows": ["owl"]}],
		"workflow": {"template_file": "graph_api.json", `+parameters+`}}`)
	c, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	remarks := strings.Join(c.Remarks(), "\n")
	if !strings.Contains(remarks, "the workers a and b run on the same GPU") ||
		!strings.Contains(remarks, "the worker b may not run the first") {
		t.Errorf("remarks: %s", remarks)
	}
}

// comfy_ui may be left out where each worker says what it is; where none does, that is told.
func TestWorkersWithoutComfyUI(t *testing.T) {
	load := func(worker string) error {
		_, err := config.Load(write(t, `{"workers": [`+worker+`], "workflow": {"template_file": "graph_api.json", `+parameters+`}}`))
		return err
	}
	if err := load(`{"id": "a", "comfy_ui": {"installation_type": "simulated"}}`); err != nil {
		t.Error(err)
	}
	if err := load(`{"id": "a"}`); err == nil || !strings.Contains(err.Error(), "workers.0.comfy_ui.installation_type: missing") {
		t.Errorf("no installation: %v", err)
	}
}
