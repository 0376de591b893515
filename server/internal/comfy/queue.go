package comfy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// Queue holds the ids of the prompts ComfyUI has not finished.
type Queue struct {
	Running []string // one at most, in all known versions
	Pending []string // in the order they will run
}

// Queue asks for the running and the waiting prompts, whoever submitted them.
func (c *Client) Queue(ctx context.Context) (Queue, error) {
	var v struct {
		Running []queueItem `json:"queue_running"`
		Pending []queueItem `json:"queue_pending"`
	}
	if err := c.get(ctx, requestTimeout, "/queue", &v); err != nil {
		return Queue{}, err
	}
	return Queue{Running: runOrder(v.Running), Pending: runOrder(v.Pending)}, nil
}

// queueItem is [number, prompt_id, graph, ...]; the rest is of no interest here.
type queueItem struct {
	number float64
	id     string
}

func (q *queueItem) UnmarshalJSON(data []byte) error {
	var fields []json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	if len(fields) < 2 {
		return errors.New("a queue item has fewer than two fields")
	}
	err := errors.Join(json.Unmarshal(fields[0], &q.number), json.Unmarshal(fields[1], &q.id))
	q.id = brief(q.id)
	return err
}

// runOrder sorts by number, then id: ComfyUI answers in heap order.
func runOrder(items []queueItem) []string {
	slices.SortFunc(items, func(a, b queueItem) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.id, b.id))
	})
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.id
	}
	return ids
}

// Presence says where ComfyUI has a prompt.
type Presence int

// The four places of a prompt. Unknown: in neither queue nor history, because it never arrived, was deleted, or
// ComfyUI was restarted.
const (
	Unknown Presence = iota
	Pending
	Running
	Finished
)

func (p Presence) String() string {
	return [...]string{"unknown", "pending", "running", "finished"}[p]
}

// Lookup finds a prompt without any frames: in the history, else in the queue, else in the history once more,
// since it may have moved between the two looks. The entry is set when the prompt is Finished.
func (c *Client) Lookup(ctx context.Context, promptID string) (Presence, *Entry, error) {
	s, err := c.lookup(ctx, promptID)
	return s.presence, s.entry, err
}

// lookupResult is the result of one look.
type lookupResult struct {
	presence Presence
	behind   bool // others: they run or come before this Pending one
	entry    *Entry
}

func (c *Client) lookup(ctx context.Context, promptID string) (lookupResult, error) {
	e, err := c.History(ctx, promptID)
	if err != nil {
		return lookupResult{}, err
	}
	if e != nil {
		return lookupResult{presence: Finished, entry: e}, nil
	}
	q, err := c.Queue(ctx)
	if err != nil {
		return lookupResult{}, err
	}
	if slices.Contains(q.Running, promptID) {
		return lookupResult{presence: Running}, nil
	}
	if i := slices.Index(q.Pending, promptID); i >= 0 {
		return lookupResult{presence: Pending, behind: len(q.Running)+i > 0}, nil
	}
	if e, err = c.History(ctx, promptID); err != nil || e == nil {
		return lookupResult{}, err
	}
	return lookupResult{presence: Finished, entry: e}, nil
}

// Cancel takes this prompt, and no other, out of ComfyUI: out of the queue when it waits, by a targeted interrupt
// when it runs. It does not wait: a running node ends at its next step, and a prompt may still succeed.
// An unknown or finished id is no error.
func (c *Client) Cancel(ctx context.Context, promptID string) error {
	if promptID == "" { // an interrupt without an id would hit whatever runs
		return errors.New("cancel needs a prompt id")
	}
	err := c.post(ctx, "/queue", map[string][]string{"delete": {promptID}})
	return errors.Join(err, c.post(ctx, "/interrupt", map[string]string{"prompt_id": promptID}))
}
