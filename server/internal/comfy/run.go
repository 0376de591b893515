package comfy

import (
	"sync"
	"time"
)

// Run collects what ComfyUI tells of one prompt.
type Run struct {
	client *Client
	id     string
	woken  chan struct{} // one token: something below changed

	mu        sync.Mutex
	progress  Progress
	done      map[string]bool   // nodes finished or cached
	display   map[string]string // node of the graph for each node that ran
	picture   event             // latest preview
	times     times
	lastFrame time.Time
	lastSign  time.Time
	ending    eventKind
	reported  Outcome // by frames; its Kind is 0 until they tell of the end
	outputs   listing // by frames
}

// Progress tells the node that runs and its step. Losing frames makes it coarser, never wrong.
type Progress struct {
	Waiting     bool   // behind others, in ComfyUI's own queue
	Running     bool   // ComfyUI has begun with the prompt
	NodeID      string // node of the graph at work
	Step, Total int    // inside the node; 0, 0 when it does not tell. Starts again with each node
	NodesDone   int    // nodes finished or taken from the cache
	Preview     int    // number of the latest preview, see [Run.Preview]
	Note        string // latest line of text from a node
}

// Track begins to collect a prompt's frames. Call it before [Client.Submit], since frames may come before the
// answer, and close it when done. A prompt submitted earlier, by another process too, can be tracked as well.
func (c *Client) Track(promptID string) *Run {
	r := &Run{
		client:   c,
		id:       promptID,
		woken:    make(chan struct{}, 1),
		done:     make(map[string]bool),
		display:  make(map[string]string),
		lastSign: time.Now(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs[r] = struct{}{}
	return r
}

// Close stops collecting. It leaves the prompt alone.
func (r *Run) Close() {
	r.client.mu.Lock()
	defer r.client.mu.Unlock()
	delete(r.client.runs, r)
}

// LastSign returns when the run was last seen to get on: a frame of its own, its start or its end, or that it waits
// behind others, whose time is not its own. It begins with Track. Being listed as running, which a hung node is too, is
// no sign.
func (r *Run) LastSign() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lastSign
}

// Progress returns the latest progress.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

// Reported returns how the run ended by what frames told of it, for a run that ComfyUI has forgotten: somebody has cleared the
// history, or the process has ended. It is less than the history tells, because frames get lost; known is false when no
// frame told of the end.
func (r *Run) Reported() (o Outcome, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o = r.reported
	if o.Kind == Succeeded {
		o.Files, o.Texts = results(r.outputs.files), r.outputs.all()
	}
	return o, o.Kind != 0
}

// Preview returns the latest preview picture; n counts up from 1 and is 0 before the first. data is not to be
// changed.
func (r *Run) Preview() (n int, contentType string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress.Preview, r.picture.media, r.picture.data
}

// apply takes in one of the prompt's frames. It never blocks.
func (r *Run) apply(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastFrame = time.Now()
	r.lastSign = r.lastFrame
	p := &r.progress
	p.Waiting, p.Running = false, true
	r.times.apply(e, r.graphNode(e.node), r.lastFrame)
	switch e.kind {
	case cached:
		r.finish(e.nodes)
	case entered:
		p.NodeID, p.Step, p.Total = e.node, 0, 0
	case step:
		p.NodeID, p.Step, p.Total = r.graphNode(e.node), e.value, e.total
	case states:
		r.finish(e.nodes)
		for node, display := range e.display {
			r.display[node] = display
		}
	case preview:
		p.Preview++
		r.picture = e
	case note:
		p.Note = e.text
	case output:
		r.outputs.add(e.files, e.texts)
	case closing, ended:
		r.ending = max(r.ending, e.kind)
		if e.kind == closing {
			r.reported.Kind, r.reported.Error, r.reported.Finished = e.verdict, e.err, r.lastFrame
		}
	}
	r.wake()
}

func (r *Run) finish(nodes []string) {
	for _, n := range nodes {
		r.done[n] = true
	}
	r.progress.NodesDone = len(r.done)
}

// graphNode returns the node of the graph that a node belongs to: loops and subgraphs expand into further ones.
func (r *Run) graphNode(id string) string {
	if display := r.display[id]; display != "" {
		return display
	}
	return id
}

// wake tells Wait. r.mu is held.
func (r *Run) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}
