package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// process is a server in a process of its own, so that its work can be told from the load's.
type process struct {
	*servicetest.Process
	folder  string
	url     string
	comfyUI string            // address of the simulated ComfyUI
	lanes   map[string]string // addresses of the simulated ComfyUIs by worker, when there are several
}

// opened waits until a server says where it is.
func opened(ctx context.Context, started *servicetest.Process, folder string) (*process, error) {
	url, err := started.Address(ctx)
	if err != nil {
		started.Kill()
		return nil, err
	}
	return &process{Process: started, folder: folder, url: url}, nil
}

// stopPatience bounds the clean stop of a server; then it is killed.
const stopPatience = time.Minute

func (p *process) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	_ = p.Stop(ctx) // how it ends is no part of a measurement
	_ = os.RemoveAll(p.folder)
}

// cpu is the processor time the process has used.
func (p *process) cpu() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	const ticks = 100 // a second, on every Linux that Go runs on
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// memory is the resident memory of the process, in KiB.
func (p *process) memory() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID()))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	return float64(pages) * float64(os.Getpagesize()) / 1024
}

// quiet keeps this process from collecting garbage until the function that it gives is called: that would take the
// processors from the server whose delays are measured.
func quiet() (end func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	limit := debug.SetMemoryLimit(quietLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// quietLimit bounds the memory in use while no garbage is collected, in bytes.
const quietLimit = 1 << 30

func startLimit(ctx context.Context) (*process, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return nil, err
	}
	started, err := servicetest.Start(exec.Command(own, "limit", folder), os.Stderr)
	if err != nil {
		return nil, err
	}
	return opened(ctx, started, folder)
}
