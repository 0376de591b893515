package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// serverKey finds a script's service.
type serverKey struct{}

// service is one real service with a simulated ComfyUI.
type service struct {
	dir  string
	port int
	cmd  *exec.Cmd
}

func serverCommand(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(serverKey{}).(*service)
	switch {
	case !neg && len(args) >= 1 && args[0] == "start":
		step, mode := "40ms", "open"
		for _, option := range args[1:] {
			if value, ok := strings.CutPrefix(option, "mode="); ok {
				mode = value
			} else {
				step = option
			}
		}
		ts.Check(s.start(step, mode))
		ts.Setenv("COMFYSCHED_SERVER", fmt.Sprintf("http://localhost:%d", s.port))
	case !neg && len(args) == 1 && args[0] == "stop":
		s.stop()
	default:
		ts.Fatalf("usage: server start [STEP-TIME] [mode=MODE] | server stop")
	}
}

// start runs the service and returns when it is ready. Started again it has the same port and bookings.
func (s *service) start(step, mode string) error {
	binary := os.Getenv("COMFYSCHEDULER_BIN")
	if binary == "" {
		binary = "../../bin/comfyscheduler"
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("the service is not built: run 'make build' in the repository, or name it with COMFYSCHEDULER_BIN (%w)", err)
	}
	if s.port == 0 {
		if err := s.configure(step, mode); err != nil {
			return err
		}
	}
	s.cmd = exec.Command(binary, "serve", "--config", filepath.Join(s.dir, "config.json"))
	s.cmd.Dir = s.dir
	stderr, err := os.Create(filepath.Join(s.dir, "stderr.log"))
	if err != nil {
		return err
	}
	defer stderr.Close()
	s.cmd.Stderr = stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.ready(stdout)
}

// ready waits until the service says where it is.
func (s *service) ready(stdout io.Reader) error {
	said := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if strings.Contains(lines.Text(), fmt.Sprint(s.port)) {
				said <- true
				_, _ = io.Copy(io.Discard, stdout)
				return
			}
		}
		said <- false
	}()
	select {
	case ok := <-said:
		if ok {
			return nil
		}
	case <-time.After(time.Minute):
	}
	s.stop()
	log, _ := os.ReadFile(filepath.Join(s.dir, "stderr.log"))
	return fmt.Errorf("the service did not get ready:\n%s", log)
}

func (s *service) configure(step, mode string) error {
	templates, err := filepath.Abs("../../workflows")
	if err != nil {
		return err
	}
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	s.port = ports[0]
	target := func(node, field string) map[string]any { return map[string]any{"node_id": node, "field": field} }
	config, err := json.Marshal(map[string]any{
		"server": map[string]any{"port": s.port, "host": "localhost", "data_dir": "data", "shutdown_grace": "1s"},
		"access": map[string]any{"mode": mode},
		"comfy_ui": map[string]any{
			"installation_type": "simulated", "api_port": ports[1],
			"extra_args": []string{
				"--step-time", step, "--load-time", "10ms", "--start-time",
				"10ms", "--encode-time", "5ms", "--decode-time", "5ms",
			},
		},
		"workflow": map[string]any{
			"template_file": filepath.Join(templates, "flux_klein_api.json"),
			"parameter_map": map[string]any{
				"prompt": target("6", "text"), "seed": target("25", "noise_seed"),
				"steps": map[string]any{"targets": []any{target("48", "steps")}, "min": 1, "max": 50},
			},
		},
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "config.json"), config, 0o600)
}

// freePorts finds ports of this machine that nobody listens on.
func freePorts(n int) (ports []int, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// stop ends the service as a service manager would, and waits until it is gone.
func (s *service) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	patience := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait()
	patience.Stop()
	s.cmd = nil
}
