package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own, so that its work can be told from the load's.
type process struct {
	command *exec.Cmd
	folder  string
	url     string
	comfyUI string        // address of the simulated ComfyUI
	took    time.Duration // to start
}

func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait()
	_ = os.RemoveAll(p.folder)
}

// cpu is the processor time the process has used.
func (p *process) cpu() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
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
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
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

// quietLimit is how much memory may be used without collecting garbage, in bytes.
const quietLimit = 1 << 30

// start starts a server and waits until it says where it is.
func start(command *exec.Cmd, folder string) (*process, error) {
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "log")) // it goes with the folder
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	command.Stderr = log
	p := &process{command: command, folder: folder}
	began := time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "is at "); ok {
			p.url, p.took = strings.TrimSpace(url), time.Since(began)
			return p, nil
		}
	}
	_ = command.Wait()
	said, _ := os.ReadFile(log.Name())
	return nil, errors.New("the server ended before its port was open: " + string(said))
}

func startLimit(ctx context.Context) (*process, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return nil, err
	}
	return start(exec.CommandContext(context.WithoutCancel(ctx), own, "limit", folder), folder)
}
