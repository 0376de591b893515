package simulator

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/models"
)

const (
	version       = "0.3.64-simulated"
	deviceName    = "simulated"
	defaultUpload = 100 // MiB of any request's body
)

// server is one simulated ComfyUI.
type server struct {
	options   Options
	folders   folders
	shelf     models.Shelf
	catalogue graph.Catalogue
	queue     *queue
	history   *history
	hub       *hub
	current   current
	numbers   atomic.Int64 // how many prompts were numbered
	runs      *runLog
	exit      func(code int)
	*logbook
}

func newServer(o Options, f folders) *server {
	s := &server{
		options:   o,
		folders:   f,
		shelf:     models.Shelf{Folder: o.modelFolder()},
		catalogue: graph.LoadCatalogue(),
		history:   newHistory(),
		exit:      os.Exit,
		logbook:   &logbook{out: o.Log},
	}
	s.hub = newHub(s.logf, o.MisbehaveSeed)
	s.hub.misbehave(o.Misbehave.during(0))
	s.queue = newQueue(func(remaining int) { s.hub.sendText("", "status", queueStatus(remaining)) })
	return s
}

// maxUpload is the bytes of the largest request that is taken.
func (s *server) maxUpload() int64 {
	if s.options.MaxUploadSize <= 0 {
		return defaultUpload << 20
	}
	return int64(s.options.MaxUploadSize * (1 << 20))
}

// current is the run under way, as far as other goroutines ask about it.
type current struct {
	mu          sync.Mutex
	prompt      *prompt // nil between runs
	node        string
	interrupted bool
}

func (c *current) begin(p *prompt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt, c.node, c.interrupted = p, "", false
}

func (c *current) enter(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.node = node
}

func (c *current) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prompt, c.node = nil, ""
}

// interrupt asks the run to stop at its next look: whichever it is when id is "".
func (c *current) interrupt(id string) (running bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.prompt == nil || id != "" && c.prompt.id != id {
		return false
	}
	c.interrupted = true
	return true
}

func (c *current) isInterrupted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.interrupted
}

// nodeOf returns the node that runs for a client, if one does.
func (c *current) nodeOf(clientID string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.prompt == nil || c.prompt.clientID() != clientID {
		return ""
	}
	return c.node
}
