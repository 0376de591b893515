package simulator

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// hub holds the websocket clients and sends them frames. All frames go through one queue and
// one sender, so their order is fixed, and a client that does not read holds up
// everybody's: both as in ComfyUI.
type hub struct {
	logf func(format string, args ...any)
	wake chan struct{}

	mu      sync.Mutex
	clients map[string]*client // by client id: the newest socket of each
	frames  []frame
	manners Misbehaviours
	dice    *rand.Rand
	due     time.Time // of the last of frames
}

type client struct {
	conn     *websocket.Conn
	previews bool       // wants previews with metadata
	writing  sync.Mutex // held by the greeting, so that it comes first
}

func (c *client) write(ctx context.Context, kind websocket.MessageType, body []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.conn.Write(ctx, kind, body)
}

// frame is a message to one client id, or to all when to is "".
type frame struct {
	to     string
	binary bool
	body   []byte
	due    time.Time // not sent before
}

func newHub(logf func(string, ...any), seed uint64) *hub {
	return &hub{
		logf:    logf,
		wake:    make(chan struct{}, 1),
		clients: map[string]*client{},
		dice:    rand.New(rand.NewPCG(seed, 64)),
	}
}

// join registers a socket. It takes over the frames of an older one with the same id.
func (h *hub) join(id string, c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clients[id] = c
}

// leave forgets the id, even when a newer socket has taken it over by now: that one stays
// open and hears nothing more. ComfyUI does the same, and clients have to live with it.
func (h *hub) leave(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, id)
}

func (h *hub) wantPreviews(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.clients[id]; c != nil {
		c.previews = true
	}
}

func (h *hub) wantsPreviews(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.clients[id]
	return c != nil && c.previews
}

// misbehave sets what happens to the frames sent from now on.
func (h *hub) misbehave(m Misbehaviours) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.manners = m
}

// sendText queues an event.
func (h *hub) sendText(to, event string, data any) {
	h.send(frame{to: to, body: textFrame(event, data)})
}

// sendBinary queues a binary frame.
func (h *hub) sendBinary(to string, body []byte) {
	h.send(frame{to: to, binary: true, body: body})
}

func (h *hub) send(f frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.manners.has("mute-ws") {
		return
	}
	lose, _ := h.manners.find("lose-frames")
	if !f.binary && lose.Chance > 0 && h.dice.Float64() < lose.Chance {
		return
	}
	if delay, _ := h.manners.find("delay-frames"); delay.Duration > 0 {
		if due := time.Now().Add(time.Duration(h.dice.Int64N(int64(delay.Duration)))); due.After(h.due) {
			h.due = due
		}
		f.due = h.due // as on a slow line, none overtakes another
	}
	h.frames = append(h.frames, f)
	if h.manners.has("bad-frames") {
		h.frames = append(h.frames, badFrame(f.to, h.dice.IntN(badFrameKinds)))
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// deliver sends the queued frames until ctx ends.
func (h *hub) deliver(ctx context.Context) {
	for {
		h.mu.Lock()
		frames := h.frames
		h.frames = nil
		h.mu.Unlock()
		for _, f := range frames {
			select {
			case <-time.After(time.Until(f.due)):
			case <-ctx.Done():
				return
			}
			h.deliverOne(ctx, f)
		}
		if len(frames) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
	}
}

func (h *hub) deliverOne(ctx context.Context, f frame) {
	kind := websocket.MessageText
	if f.binary {
		kind = websocket.MessageBinary
	}
	for _, c := range h.recipients(f.to) {
		if err := c.write(ctx, kind, f.body); err != nil && ctx.Err() == nil {
			h.logf("send error: %v", err)
		}
	}
}

func (h *hub) recipients(to string) []*client {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*client
	for id, c := range h.clients {
		if to == "" || to == id {
			list = append(list, c)
		}
	}
	return list
}
