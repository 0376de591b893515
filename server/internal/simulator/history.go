package simulator

import (
	"slices"
	"sync"
)

// maxHistory is the number of finished prompts that are remembered.
const maxHistory = 10000

// entry is a finished prompt as /history shows it.
type entry struct {
	Prompt  *prompt         `json:"prompt"`
	Outputs map[string]any  `json:"outputs"`
	Status  status          `json:"status"`
	Meta    map[string]meta `json:"meta"`
}

type status struct {
	StatusStr string   `json:"status_str"`
	Completed bool     `json:"completed"`
	Messages  [][2]any `json:"messages"`
}

type meta struct {
	NodeID      string  `json:"node_id"`
	DisplayNode string  `json:"display_node"`
	ParentNode  *string `json:"parent_node"`
	RealNodeID  string  `json:"real_node_id"`
}

type history struct {
	mu      sync.Mutex
	order   []string
	entries map[string]*entry
}

func newHistory() *history { return &history{entries: map[string]*entry{}} }

// put adds an entry. A second one with the same id takes the place of the first.
func (h *history) put(e *entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.entries[e.Prompt.id] == nil {
		if len(h.order) >= maxHistory {
			delete(h.entries, h.order[0])
			h.order = h.order[1:]
		}
		h.order = append(h.order, e.Prompt.id)
	}
	h.entries[e.Prompt.id] = e
}

func (h *history) one(id string) map[string]*entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := map[string]*entry{}
	if e := h.entries[id]; e != nil {
		found[id] = e
	}
	return found
}

// page returns up to limit entries from offset on: a negative limit is none, a negative
// offset with a limit means the newest.
func (h *history) page(limit, offset int) map[string]*entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	if offset < 0 && limit >= 0 {
		offset = len(h.order) - limit
	}
	found := map[string]*entry{}
	for i, id := range h.order {
		if limit >= 0 && len(found) >= limit {
			break
		}
		if i >= offset {
			found[id] = h.entries[id]
		}
	}
	return found
}

func (h *history) remove(ids ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range ids {
		delete(h.entries, id)
		h.order = slices.DeleteFunc(h.order, func(other string) bool { return other == id })
	}
}

func (h *history) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.order, h.entries = nil, map[string]*entry{}
}
