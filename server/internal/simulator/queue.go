package simulator

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
)

// prompt is a queued run. In answers it is ComfyUI's list of five.
type prompt struct {
	number  number
	id      string
	raw     json.RawMessage // the graph as it came
	graph   *graph.Graph
	extra   map[string]json.RawMessage
	outputs []string

	partnerKey string // for paid services; shown nowhere
}

// MarshalJSON writes [number, id, graph, extra_data, outputs].
func (p *prompt) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{p.number, p.id, p.raw, p.extra, p.outputs})
}

// clientID is the websocket client that gets the run's frames; "" is everybody.
func (p *prompt) clientID() string {
	var id string
	_ = json.Unmarshal(p.extra["client_id"], &id) // anything else matches no client
	return id
}

// number is a priority: a whole one counted by the server, or a float from the client. It is
// written as Python writes it, so that clients meet 7.0 as well as 7.
type number struct {
	value float64
	float bool
}

// MarshalJSON writes the number.
func (n number) MarshalJSON() ([]byte, error) {
	if n.float {
		return float(n.value).MarshalJSON()
	}
	return strconv.AppendFloat(nil, n.value, 'f', -1, 64), nil
}

// queue holds what is pending and what runs. Its list of pending prompts is a heap and is
// shown as such, not in run order.
type queue struct {
	changed func(remaining int) // called under the lock at each change: the order of frames is the order of changes
	wake    chan struct{}

	mu      sync.Mutex
	pending pending
	running *prompt
	free    freeing
}

// freeing holds the flags of POST /free since they were last read.
type freeing struct{ models, memory bool }

func newQueue(changed func(int)) *queue {
	return &queue{changed: changed, wake: make(chan struct{}, 1)}
}

var errSamePriority = errors.New("TypeError: '<' not supported between instances of 'dict' and 'dict'")

// put queues a prompt. Like ComfyUI's it fails on an id and number that are pending already,
// yet the prompt is queued.
func (q *queue) put(p *prompt) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	twice := slices.ContainsFunc(q.pending, func(other *prompt) bool {
		return other.id == p.id && other.number.value == p.number.value
	})
	heap.Push(&q.pending, p)
	if twice {
		return errSamePriority
	}
	q.notify()
	return nil
}

// take waits for something to do: a prompt, or nil when memory is to be freed. It returns
// ctx's error when that ends.
func (q *queue) take(ctx context.Context) (*prompt, freeing, error) {
	for {
		q.mu.Lock()
		free := q.free
		q.free = freeing{}
		if len(q.pending) > 0 {
			q.running = heap.Pop(&q.pending).(*prompt)
			q.notify()
			p := q.running
			q.mu.Unlock()
			return p, free, nil
		}
		q.mu.Unlock()
		if free != (freeing{}) {
			return nil, free, nil
		}
		select {
		case <-ctx.Done():
			return nil, freeing{}, ctx.Err()
		case <-q.wake:
		}
	}
}

func (q *queue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = nil
	q.notify()
}

// remove drops pending prompts and says nothing of unknown ids.
func (q *queue) remove(ids ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, id := range ids {
		if i := slices.IndexFunc(q.pending, func(p *prompt) bool { return p.id == id }); i >= 0 {
			heap.Remove(&q.pending, i)
			q.notify()
		}
	}
}

func (q *queue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending = nil
	q.notify()
}

func (q *queue) askToFree(f freeing) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free.models = q.free.models || f.models
	q.free.memory = q.free.memory || f.memory
	q.ring()
}

func (q *queue) snapshot() (running, pending []*prompt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	running, pending = []*prompt{}, append([]*prompt{}, q.pending...)
	if q.running != nil {
		running = append(running, q.running)
	}
	return running, pending
}

func (q *queue) remaining() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count()
}

func (q *queue) count() int {
	if q.running != nil {
		return len(q.pending) + 1
	}
	return len(q.pending)
}

func (q *queue) notify() {
	q.changed(q.count())
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// pending is a heap.Interface: the lowest number first, then the lowest id.
type pending []*prompt

func (p pending) Len() int      { return len(p) }
func (p pending) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p pending) Less(i, j int) bool {
	if p[i].number.value != p[j].number.value {
		return p[i].number.value < p[j].number.value
	}
	return p[i].id < p[j].id
}
func (p *pending) Push(x any) { *p = append(*p, x.(*prompt)) }
func (p *pending) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}
