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
	for name, tc := range map[string]struct {
		second map[string]any
		want   string
	}{
		"same id":     {map[string]any{"id": "one", "comfy_ui": map[string]any{"api_port": 9002}}, `"one" is the id of another worker`},
		"odd id":      {map[string]any{"id": "Two/", "comfy_ui": map[string]any{"api_port": 9002}}, "must be lower-case letters"},
		"same port":   {map[string]any{"id": "two"}, "workers.1.comfy_ui.api_port: 9000 is another worker's"},
		"unknown key": {map[string]any{"id": "two", "gpu": 1}, "unknown field"},
	} {
		_, _, err := loadWorkers(t, []any{map[string]any{"id": "one"}, tc.second})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
