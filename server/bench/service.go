package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// pace makes a generation long enough for its slot to be measured, and quick to wait for.
var pace = servicetest.Pace{
	Start:  10 * time.Millisecond,
	Load:   10 * time.Millisecond,
	Encode: time.Millisecond,
	Step:   70 * time.Millisecond,
	Decode: time.Millisecond,
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
	program, err := filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	site, err := servicetest.NewSite(program, folder, pace)
	if err != nil {
		return nil, err
	}
	inputs := map[string]any{"steps": servicetest.Target("48", "steps")}
	maps.Copy(inputs, servicetest.Size())
	site.Config.Set("server.shutdown_grace", "1ms").Set("workflow.parameter_map", servicetest.Inputs(inputs))
	site.Config["limits"] = map[string]any{
		"open_bookings":       0,
		"days_ahead":          0,
		"requests_per_second": 0,
		"streams_per_user":    0,
		"streams_per_address": 0,
	}
	log, err := os.Create(filepath.Join(folder, "log")) // it goes with the folder
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	started, err := site.Launch(log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p, err := opened(ctx, started, folder)
	if err != nil {
		return nil, err
	}
	p.comfyUI = net.JoinHostPort("127.0.0.1", strconv.Itoa(site.ComfyPort))
	return p, nil
}
