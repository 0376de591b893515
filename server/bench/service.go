package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

const template = "workflows/flux_klein_api.json"

// parameters are those that the bench's service offers.
var parameters = map[string]any{
	"prompt": target("6", "text"), "seed": target("25", "noise_seed"), "steps": target("48", "steps"),
	"width": []any{target("47", "width"), target("48", "width")}, "height": []any{target("47", "height"), target("48", "height")},
}

func target(node, field string) map[string]any {
	return map[string]any{"node_id": node, "field": field}
}

// startService starts a service without bookings.
func startService(ctx context.Context, program string) (*process, error) {
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return nil, err
	}
	return startServiceIn(ctx, program, folder)
}

// startServiceIn starts a service with the bookings that are in the folder's data.
func startServiceIn(ctx context.Context, program, folder string) (*process, error) {
	file, err := filepath.Abs(template)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().(*net.TCPAddr)
	_ = listener.Close()
	config, err := json.Marshal(map[string]any{
		"server": map[string]any{"port": 0, "host": "127.0.0.1", "shutdown_grace": "1ms"},
		"limits": map[string]any{"open_bookings": 0, "days_ahead": 0, "requests_per_second": 0, "streams_per_user": 0, "streams_per_address": 0},
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": address.Port, "extra_args": []string{
			"--start-time", "10ms", "--load-time", "10ms", "--encode-time", "1ms", "--step-time", "70ms", "--decode-time", "1ms",
		}},
		"workflow": map[string]any{"template_file": file, "parameter_map": parameters},
	})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "config.json")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return nil, err
	}
	p, err := start(exec.CommandContext(context.WithoutCancel(ctx), program, "serve", "--config", path), folder)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p.comfyUI = address.String()
	return p, nil
}
