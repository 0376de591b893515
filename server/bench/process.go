package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

// memory is the resident memory of the process, in bytes.
func (p *process) memory() int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(data))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func start(command *exec.Cmd, folder string) (*process, error) {
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if folder != "" { // the service's log; it goes with the folder
		if command.Stderr, err = os.Create(filepath.Join(folder, "log")); err != nil {
			return nil, err
		}
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command, folder: folder}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "is at "); ok {
			p.url = strings.TrimSpace(url)
			return p, nil
		}
	}
	return nil, errors.New("the server ended before its port was open")
}

func startLimit() (*process, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(exec.Command(own, "limit"), "")
}

func startService(program string) (*process, error) {
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return nil, err
	}
	return startServiceIn(program, folder)
}

func startServiceIn(program, folder string) (*process, error) {
	template, err := filepath.Abs("workflows/flux_klein_api.json")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	config := map[string]any{
		"server": map[string]any{"port": 0, "host": "127.0.0.1", "shutdown_grace": "1ms"},
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": port, "extra_args": []string{
			"--start-time", "10ms", "--load-time", "10ms", "--encode-time", "1ms", "--step-time", "150ms", "--decode-time", "1ms",
		}},
		"workflow": map[string]any{"template_file": template, "parameter_map": map[string]any{
			"prompt": map[string]any{"node_id": "6", "field": "text"}, "seed": map[string]any{"node_id": "25", "field": "noise_seed"},
			"width":  []any{map[string]any{"node_id": "47", "field": "width"}, map[string]any{"node_id": "48", "field": "width"}},
			"steps":  map[string]any{"node_id": "48", "field": "steps"},
			"height": []any{map[string]any{"node_id": "47", "field": "height"}, map[string]any{"node_id": "48", "field": "height"}},
		}},
	}
	data, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "config.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return nil, err
	}
	command := exec.Command(program, "serve", "--config", file)
	p, err := start(command, folder)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return p, nil
}
