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
	return startLanesIn(ctx, program, folder, 1)
}

// startLanes starts a service of several lanes without bookings, and waits until all are ready.
func startLanes(ctx context.Context, program string, lanes int) (*process, error) {
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return nil, err
	}
	return startLanesIn(ctx, program, folder, lanes)
}

func startLanesIn(ctx context.Context, program, folder string, lanes int) (*process, error) {
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
	if lanes > 1 {
		if err := site.AddWorkers(nil, laneNames(lanes)...); err != nil {
			return nil, err
		}
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
	if lanes > 1 {
		p.lanes = map[string]string{}
		for id, port := range site.Workers {
			p.lanes[id] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		}
		if err := p.awaitLanes(ctx, lanes); err != nil {
			p.stop()
			return nil, err
		}
	}
	return p, nil
}
