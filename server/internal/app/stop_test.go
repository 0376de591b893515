package app_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/app"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// Who asks the service to stop while it is still starting gets a clean end, not an error.
func TestStopDuringTheStartIsClean(t *testing.T) {
	folder := t.TempDir()
	template, err := filepath.Abs("../../../workflows/flux_klein_api.json")
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(map[string]any{
		"server":   map[string]any{"port": 0, "host": "127.0.0.1"},
		"comfy_ui": map[string]any{"installation_type": "simulated"},
		"workflow": map[string]any{
			"template_file": template,
			"parameter_map": map[string]any{
				"prompt": map[string]any{"node_id": "6", "field": "text"},
				"seed":   map[string]any{"node_id": "25", "field": "noise_seed"},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "config.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := app.Run(ctx, app.Options{
		Config:  loaded,
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
		OnReady: func([]string) { t.Error("the port was opened") },
	}); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
