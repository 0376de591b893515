//go:build linux

package torture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// site is a folder with a configuration, the service that runs on it, and its ComfyUI.
type site struct {
	folder     string
	data       string // the service's data folder
	output     string // of ComfyUI's pictures
	runs       string // ComfyUI's own record
	program    string
	comfyPort  int
	rng        *rand.Rand
	history    *history
	manners    []string // of ComfyUI's websocket, as arguments
	speed      []string // of ComfyUI, as arguments
	polite     bool     // ComfyUI does not misbehave
	answered   []job    // the service's own list of jobs, at the end
	hoard      *hoard
	invitation string
	kills      atomic.Int64 // of service and ComfyUI
	restores   atomic.Int64
	busyUntil  atomic.Int64 // the end of the last slot that is to come soon, milliseconds

	gate     sync.Mutex // held while the service must not be started
	mu       sync.Mutex
	remote   bool   // ComfyUI is somebody else's: the service attaches to it
	url      string // empty while the port is closed
	opened   chan struct{}
	process  *os.Process // nil while the service is down
	asked    string      // how the present process was told to end
	lives    int
	diskFull bool         // at some moment of the present life
	died     bool         // ComfyUI was killed in the present life
	killed   map[int]bool // the ComfyUI that were killed here, by pid
	armed    bool         // a failpoint may end the present life
}

func newSite(folder, program string, rng *rand.Rand, h *history) (*site, error) {
	s := &site{
		folder: folder, data: filepath.Join(folder, "data"), output: filepath.Join(folder, "output"), runs: filepath.Join(folder, "runs.jsonl"),
		program: program, rng: rng, history: h, speed: quick, killed: map[int]bool{}, opened: make(chan struct{}),
	}
	for _, dir := range []string{s.data, s.output} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
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

// misbehave chooses ComfyUI's manners. Seldom others: the next service ends a ComfyUI that was started with other arguments.
func (s *site) misbehave() {
	if s.polite || s.manners != nil && s.rng.Float64() >= 0.05 {
		return
	}
	s.manners = []string{"--misbehave-seed", fmt.Sprint(s.rng.Uint64())}
	for _, kind := range manners[s.rng.IntN(len(manners))] {
		s.manners = append(s.manners, "--misbehave", kind)
	}
}

// base is the folder of ComfyUI's own files.
func (s *site) base() string { return filepath.Join(s.folder, "simulated") }

// comfyArgs are what ComfyUI is started with beside what the service says itself.
func (s *site) comfyArgs() []string {
	return append(append([]string{"--run-log", s.runs}, s.speed...), s.manners...)
}

func (s *site) writeConfig(remote bool) error {
	template, err := s.writeTemplate()
	if err != nil {
		return err
	}
	comfy := map[string]any{
		"installation_type": "simulated", "root_path": s.base(), "output_dir": s.output, "api_port": s.comfyPort, "extra_args": s.comfyArgs(),
	}
	if remote {
		comfy = map[string]any{"installation_type": "remote", "output_dir": s.output, "api_port": s.comfyPort}
	}
	// A run that hangs is given up soon, but not one that is only frozen for a moment.
	silence := "3s"
	if s.rng.Float64() < 0.4 {
		silence = "25s"
	}
	config, err := json.Marshal(map[string]any{
		"server": map[string]any{
			"port": 0, "host": "127.0.0.1", "data_dir": s.data, "shutdown_grace": fmt.Sprintf("%dms", 50+s.rng.IntN(600)),
		},
		"access":    map[string]any{"mode": "invite"},
		"comfy_ui":  comfy,
		"scheduler": map[string]any{"silence_min": silence},
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
