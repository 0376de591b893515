//go:build linux

package torture_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// site is a folder with a configuration, the service that runs on it, and its ComfyUI.
type site struct {
	folder    string
	data      string // the service's data folder
	runs      string // ComfyUI's own record
	program   string
	comfyPort int
	rng       *rand.Rand
	history   *history
	manners   []string // of ComfyUI's websocket, as arguments
	answered  []job    // the service's own list of jobs, at the end
	hoard     *hoard

	mu       sync.Mutex
	url      string // empty while the port is closed
	opened   chan struct{}
	process  *os.Process // nil while the service is down
	asked    string      // how the present process was told to end
	lives    int
	diskFull bool // at some moment of the present life
	died     bool // ComfyUI was killed in the present life
}

func newSite(folder, program string, rng *rand.Rand, h *history) (*site, error) {
	s := &site{
		folder: folder, data: filepath.Join(folder, "data"), runs: filepath.Join(folder, "runs.jsonl"), program: program, rng: rng, history: h,
		opened: make(chan struct{}),
	}
	port, err := quietPort(rng)
	s.comfyPort = port
	return s, err
}

// quietPort is a free port below those that the system gives to outgoing connections: ComfyUI comes and goes on it, and
// nobody may sit down there meanwhile.
func quietPort(rng *rand.Rand) (int, error) {
	var err error
	for range 100 {
		var listener net.Listener
		port := 20000 + rng.IntN(10000)
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, err
}

// quick makes ComfyUI quick: a run takes about 100 ms.
var quick = []string{"--start-time", "20ms", "--load-time", "5ms", "--encode-time", "5ms", "--step-time", "20ms", "--decode-time", "5ms"}

// manners are what ComfyUI's websocket may be like from one start to the next.
var manners = [][]string{
	nil, nil, nil,
	{"lose-frames=0.3"},
	{"lose-end"},
	{"mute-ws"},
	{"bad-frames"},
	{"lose-frames=0.1", "bad-frames"},
	{"delay-frames=100ms"},
	{"delay-frames=2s"},
	{"delay-frames=500ms", "lose-frames=0.1"},
}

func (s *site) writeConfig() error {
	template, err := s.writeTemplate()
	if err != nil {
		return err
	}
	args := append([]string{"--run-log", s.runs}, quick...)
	// Seldom others: the next service ends a ComfyUI that was started with other arguments.
	if s.rng.Float64() < 0.05 || s.lives == 0 {
		s.manners = []string{"--misbehave-seed", fmt.Sprint(s.rng.Uint64())}
		for _, kind := range manners[s.rng.IntN(len(manners))] {
			s.manners = append(s.manners, "--misbehave", kind)
		}
	}
	args = append(args, s.manners...)
	config, err := json.Marshal(map[string]any{
		"server":   map[string]any{"port": 0, "host": "127.0.0.1", "data_dir": s.data, "shutdown_grace": fmt.Sprintf("%dms", 50+s.rng.IntN(600))},
		"comfy_ui": map[string]any{"installation_type": "simulated", "api_port": s.comfyPort, "extra_args": args},
		// A run that hangs is given up soon, but not one that is only frozen for a moment.
		"scheduler": map[string]any{"silence_min": "3s"},
		"workflow": map[string]any{"template_file": template, "parameter_map": map[string]any{
			"prompt": map[string]any{"node_id": "6", "field": "text"}, "seed": map[string]any{"node_id": "25", "field": "noise_seed"},
		}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(s.configFile(), config, 0o644)
}

func (s *site) configFile() string { return filepath.Join(s.folder, "config.json") }

// writeTemplate is the shipped workflow with small pictures.
func (s *site) writeTemplate() (string, error) {
	content, err := os.ReadFile(filepath.Join("..", "..", "workflows", "flux_klein_api.json"))
	if err != nil {
		return "", err
	}
	file := filepath.Join(s.folder, "small_api.json")
	return file, os.WriteFile(file, bytes.ReplaceAll(content, []byte("1024"), []byte("64")), 0o644)
}

// keepUp starts the service whenever it is down, until ctx ends.
func (s *site) keepUp(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := s.live(); err != nil {
			return err
		}
	}
	return nil
}

// live is one life of the service, from start to end.
func (s *site) live() error {
	if err := s.writeConfig(); err != nil {
		return err
	}
	s.mu.Lock()
	s.lives++
	logFile := filepath.Join(s.folder, fmt.Sprintf("service-%04d.log", s.lives))
	s.mu.Unlock()
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	command := exec.Command(s.program, "serve", "--config", s.configFile())
	command.Stderr = log
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	s.mu.Lock()
	if err := command.Start(); err != nil {
		s.mu.Unlock()
		return err
	}
	s.process, s.asked = command.Process, ""
	s.diskFull, s.died = s.hoard.full(), false
	s.mu.Unlock()
	s.history.incident("service started", command.Process.Pid, filepath.Base(logFile))
	s.readAddress(out)
	waitErr := command.Wait()
	s.mu.Lock()
	asked, full, died := s.asked, s.diskFull, s.died
	s.process = nil
	s.closePort()
	s.mu.Unlock()
	s.judgeEnd(command, waitErr, asked, full, died, logFile)
	return nil
}

// readAddress reads the service's output to its end, and its address from it.
func (s *site) readAddress(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "is at "); ok {
			s.mu.Lock()
			s.url = strings.TrimSpace(url)
			close(s.opened)
			s.mu.Unlock()
		}
	}
}

func (s *site) closePort() {
	if s.url != "" {
		s.url, s.opened = "", make(chan struct{})
	}
}

// judgeEnd says whether the service may have ended as it did.
func (s *site) judgeEnd(command *exec.Cmd, waitErr error, asked string, full, died bool, logFile string) {
	content, err := os.ReadFile(logFile)
	if err != nil {
		s.history.violation(err.Error())
		return
	}
	pid := command.Process.Pid
	how := "exit status 0"
	if waitErr != nil {
		how = waitErr.Error()
	}
	s.history.incident("service ended", pid, how)
	for _, word := range []string{"panic: ", "fatal error: ", "DATA RACE", "slots would overlap"} {
		if bytes.Contains(content, []byte(word)) {
			s.history.violation(fmt.Sprintf("the log %s holds %q", filepath.Base(logFile), word))
		}
	}
	clean := waitErr == nil
	switch asked {
	case "SIGKILL":
		return
	case "SIGTERM":
		if clean || full || len(content) == 0 { // told before it could listen: nothing had begun
			return
		}
	default:
		// Until the first boot is over ComfyUI's death is the service's: whoever starts it hears of it.
		if bytes.Contains(content, []byte("ComfyUI is not ready")) && (bytes.Contains(content, []byte("ComfyUI ended")) || died) {
			s.history.incident("boot failed", pid, "")
			return
		}
		if full {
			s.history.incident("boot failed on a full disk", pid, "")
			time.Sleep(100 * time.Millisecond) // a service manager would wait too
			return
		}
	}
	if bytes.Contains(content, []byte("is taken by")) {
		s.signalComfy(syscall.SIGKILL, "ended, nobody owns it") // or the torture is over
	}
	s.history.violation(fmt.Sprintf("the service (%s, told to end by %q) ended with %s:\n%s", filepath.Base(logFile), asked, how, tail(content)))
}

func tail(content []byte) string { return string(content[max(0, len(content)-1500):]) }

// signal sends a signal to the service, and says whether there was one.
func (s *site) signal(signal syscall.Signal, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil || s.asked == "SIGKILL" {
		return false
	}
	if signal == syscall.SIGTERM && s.asked == name {
		return true // a second one would end it at once
	}
	if s.process.Signal(signal) != nil {
		return false
	}
	s.asked = name
	s.history.incident("service "+name, s.process.Pid, "")
	return true
}

// address is the service's, once its port is open.
func (s *site) address(ctx context.Context) (string, error) {
	s.mu.Lock()
	url, opened := s.url, s.opened
	s.mu.Unlock()
	if url != "" {
		return url, nil
	}
	select {
	case <-opened:
		return s.address(ctx)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// down waits until the service is not running.
func (s *site) down(ctx context.Context) error {
	for ctx.Err() == nil {
		s.mu.Lock()
		running := s.process != nil
		s.mu.Unlock()
		if !running {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// comfyPIDs are the processes that run a simulated ComfyUI on this site's port.
func (s *site) comfyPIDs() (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well formed
	for _, entry := range entries {
		line, err := os.ReadFile(entry)
		if err == nil && bytes.Contains(line, []byte("\x00simulate\x00")) && bytes.Contains(line, fmt.Appendf(nil, "--port\x00%d\x00", s.comfyPort)) {
			var pid int
			if _, err := fmt.Sscanf(entry, "/proc/%d/", &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// signalComfy sends a signal to ComfyUI and its children.
func (s *site) signalComfy(signal syscall.Signal, name string) (reached bool) {
	for _, pid := range s.comfyPIDs() {
		if syscall.Kill(-pid, signal) == nil {
			reached = true
			s.mu.Lock()
			s.died = s.died || signal == syscall.SIGKILL
			s.mu.Unlock()
			s.history.incident("comfyui "+name, pid, "")
		}
	}
	return reached
}

// lookAtComfy notes until ctx ends which ComfyUI lives when, and that there are never two.
func (s *site) lookAtComfy(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	twice := 0
	for {
		pids := s.comfyPIDs()
		for _, pid := range pids {
			s.history.alive(pid)
		}
		if twice++; len(pids) < 2 {
			twice = 0
		}
		if twice == 3 { // a killed one may take a moment to vanish
			s.history.violation(fmt.Sprintf("two ComfyUI at the same time: %v", pids))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// end leaves nothing running.
func (s *site) end() {
	s.signal(syscall.SIGKILL, "SIGKILL")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.down(ctx)
	for _, pid := range s.comfyPIDs() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}
