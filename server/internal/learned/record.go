package learned

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// maxGraphs bounds the graphs of a worker that are remembered.
const maxGraphs = 300

// put makes others see an item, and has it written. k.teaching is held.
func (k *Knowledge) put(at place, i *item) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.show(at, i)
	k.latest[place{at.worker, i.Workflow}], k.dirty[at] = i.Graph, true
	select {
	case k.unwritten <- struct{}{}:
	default:
	}
}

// lend lets workers that have run nothing of a graph take over what another one has learned: when it has learned its first, and each
// time that it has learned twice as much. k.teaching is held.
func (k *Knowledge) lend(at place, i *item) {
	if i.Jobs == 0 || i.Jobs&(i.Jobs-1) != 0 {
		return
	}
	k.lendAll(at, i)
}

func (k *Knowledge) lendAll(at place, i *item) {
	k.mu.RLock()
	workers := slices.Clone(k.order)
	k.mu.RUnlock()
	for _, worker := range workers {
		other := place{worker, at.of}
		k.mu.RLock()
		known := k.items[other]
		k.mu.RUnlock()
		if worker == at.worker || known != nil && known.Jobs > 0 {
			continue
		}
		n := known.next()
		n.Graph, n.Workflow = i.Graph, i.Workflow
		n.borrowed = k.borrow(other, n)
		k.mu.Lock()
		k.show(other, n)
		k.mu.Unlock()
	}
}

// borrow makes a model of what the worker that knows a graph best has learned of it; nil: none has. k.teaching is held.
func (k *Knowledge) borrow(at place, i *item) *learn.Model {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var best *item
	for _, worker := range k.order {
		other := k.items[place{worker, at.of}]
		if worker != at.worker && other != nil && other.Jobs > 0 && (best == nil || other.Jobs > best.Jobs) {
			best = other
		}
	}
	if best == nil {
		return nil
	}
	m := &learn.Model{}
	if i.Benchmark > 0 && i.Measured != nil {
		m.Benchmark(*i.Measured, float64(i.Benchmark))
	}
	m.Borrow(best.Model)
	return m
}

func indexKey(worker string) string       { return "worker/" + worker + "/learned" }
func itemKey(worker, graph string) string { return "worker/" + worker + "/learned/" + graph }

// index names the graphs of which something is kept.
type index struct {
	Graphs []string `json:"graphs"`
}

// Read reads what was learned on a worker before. What is damaged counts as nothing.
func (k *Knowledge) Read(ctx context.Context, worker string) error {
	lane := k.Worker(worker)
	var known index
	if found, err := k.read(ctx, indexKey(worker), &known); err != nil || !found {
		return err
	}
	k.teaching.Lock()
	defer k.teaching.Unlock()
	var last item
	for _, graph := range known.Graphs {
		i := item{}
		found, err := k.read(ctx, itemKey(worker, graph), &i)
		if err != nil {
			return err
		}
		if !found || i.Model == nil || i.Graph != graph {
			continue
		}
		if i.At >= last.At && i.Models != "" {
			last = i
		}
		if i.Jobs == 0 {
			i.borrowed = k.borrow(place{worker, graph}, &i)
		}
		k.mu.Lock()
		k.show(place{worker, graph}, &i)
		if before := k.items[place{worker, k.latest[place{worker, i.Workflow}]}]; before == nil || before.At < i.At {
			k.latest[place{worker, i.Workflow}] = graph
		}
		k.mu.Unlock()
		if i.Jobs > 0 {
			k.lendAll(place{worker, graph}, &i)
		}
	}
	lane.recalls(last.Models)
	return nil
}

func (k *Knowledge) read(ctx context.Context, key string, into any) (found bool, err error) {
	data, err := k.Store.Record(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what was learned of durations: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		k.Log.Warn("what was learned of durations is damaged and is learned again", "record", key, "err", err)
		return false, nil
	}
	return true, nil
}

const (
	gather     = 200 * time.Millisecond // news are written together
	writeLimit = 5 * time.Second
)

// Run writes down what is learned, until ctx ends and all of it is written.
func (k *Knowledge) Run(ctx context.Context) {
	for {
		select {
		case <-k.unwritten:
		case <-ctx.Done():
			k.write(ctx)
			return
		}
		select {
		case <-time.After(gather):
		case <-ctx.Done():
		}
		k.write(ctx)
	}
}

// write writes all that is new. What the disk does not take is forgotten at the next start, unless more is learned of it.
func (k *Knowledge) write(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	records, err := k.news()
	if err == nil && len(records) > 0 {
		_, err = k.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			for _, r := range records {
				if err := tx.PutRecord(ctx, r.key, r.value); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil && !errors.Is(err, store.ErrClosed) {
		k.Log.Error("what was learned of durations cannot be kept", "err", err)
	}
}

type record struct {
	key   string
	value []byte
}

// news encodes what is to be written, with the index of each worker that has something new.
func (k *Knowledge) news() (records []record, err error) {
	k.teaching.Lock()
	defer k.teaching.Unlock()
	k.mu.Lock()
	dirty, workers := k.dirty, map[string]bool{}
	k.dirty = map[place]bool{}
	k.mu.Unlock()
	add := func(key string, value any) {
		data, failed := json.Marshal(value)
		if failed != nil {
			err = failed
			return
		}
		records = append(records, record{key, data})
	}
	for at := range dirty {
		k.mu.RLock()
		i := k.items[at]
		k.mu.RUnlock()
		add(itemKey(at.worker, at.of), i)
		workers[at.worker] = true
	}
	for worker := range workers {
		add(indexKey(worker), index{k.forget(worker)})
	}
	return records, err
}

// forget drops what was learned longest ago of a worker, when there is too much, and returns the graphs that are left.
func (k *Knowledge) forget(worker string) (graphs []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for at, i := range k.items {
		if at.worker == worker && i.At > 0 {
			graphs = append(graphs, at.of)
		}
	}
	slices.SortFunc(graphs, func(a, b string) int {
		return cmp.Or(cmp.Compare(k.items[place{worker, b}].At, k.items[place{worker, a}].At), cmp.Compare(a, b))
	})
	for _, graph := range graphs[min(len(graphs), maxGraphs):] {
		delete(k.items, place{worker, graph})
	}
	return graphs[:min(len(graphs), maxGraphs)]
}
