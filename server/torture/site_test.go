//go:build linux

package torture_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// site is a folder with a configuration, the service that runs on it, and its ComfyUI.
type site struct {
	*servicetest.Site
	lanes      []*lane // one for each worker
	rng        *rand.Rand
	history    *history
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
	url      string // empty while the port is closed
	opened   chan struct{}
	process  *servicetest.Process // nil while the service is down
	asked    string               // how the present process was told to end
	lives    int
	diskFull bool             // at some moment of the present life
	died     bool             // ComfyUI was killed in the present life
	killed   map[comfyUI]bool // those that were killed here
	armed    bool             // a failpoint may end the present life
}

func newSite(folder, program string, seed uint64, h *history) (*site, error) {
	own, err := servicetest.NewSite(program, folder, quick)
	if err != nil {
		return nil, err
	}
	s := &site{
		Site:    own,
		rng:     derive(seed, 0),
		history: h,
		speed:   quick.Args(),
		killed:  map[comfyUI]bool{},
		opened:  make(chan struct{}),
	}
	s.Env = []string{clock.Env + "=" + s.clockFile(), failpoint.Env + "=" + s.failpointFile()}
	if err := s.addLanes(seed); err != nil {
		return nil, err
	}
	dirs := []string{s.Data()}
	for _, l := range s.lanes {
		dirs = append(dirs, l.output)
	}
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// quick makes ComfyUI quick: a run takes about 100 ms.
var quick = servicetest.Pace{
	Start:  20 * time.Millisecond,
	Load:   5 * time.Millisecond,
	Encode: 5 * time.Millisecond,
	Step:   20 * time.Millisecond,
	Decode: 5 * time.Millisecond,
}

// manners lists the behaviours of ComfyUI's websocket; each start of ComfyUI has one.
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

// misbehave chooses a ComfyUI's manners. Seldom others: the next service starts a ComfyUI again that has other arguments.
func (s *site) misbehave(l *lane, rng *rand.Rand) {
	if s.polite || l.manners != nil && rng.Float64() >= 0.05 {
		return
	}
	l.manners = []string{"--misbehave-seed", fmt.Sprint(rng.Uint64())}
	for _, kind := range manners[rng.IntN(len(manners))] {
		l.manners = append(l.manners, "--misbehave", kind)
	}
}

// configure makes the configuration of the next life.
func (s *site) configure() error {
	template, err := s.writeTemplate()
	if err != nil {
		return err
	}
	// A run that hangs is given up soon, but not one that is only frozen for a moment.
	silence := "3s"
	if s.rng.Float64() < 0.4 {
		silence = "25s"
	}
	s.configureWorkers()
	s.Config.Set("server.shutdown_grace", fmt.Sprintf("%dms", 50+s.rng.IntN(600))).Set("access.mode", "invite").
		Set("scheduler.silence_min", silence).Set("workflow.template_file", template)
	return nil
}

// writeTemplate is the shipped workflow with small pictures.
func (s *site) writeTemplate() (string, error) {
	shipped, err := servicetest.Template()
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(shipped)
	if err != nil {
		return "", err
	}
	file := filepath.Join(s.Folder, "small_api.json")
	return file, os.WriteFile(file, bytes.ReplaceAll(content, []byte("1024"), []byte("64")), 0o644)
}
