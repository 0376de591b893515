package editor

import (
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// uniqueIDs gives every node an id of its own over the workflow and all subgraphs: in the order of the file an id that is
// met again is replaced by the next one that was never used, also in links and in the lists of promoted widgets.
func (d *document) uniqueIDs() {
	taken := map[string]bool{inputEdge: true, outputEdge: true}
	for _, n := range d.nodes {
		taken[n.id] = true
	}
	for _, definition := range d.definitions {
		renamed := map[string]string{}
		for _, n := range definition.nodes {
			if !taken[n.id] {
				taken[n.id] = true
				continue
			}
			id := d.nextID(taken)
			renamed[n.id] = id
			n.id = id
		}
		if len(renamed) == 0 {
			continue
		}
		for _, l := range definition.links {
			l.origin, l.target = replaced(renamed, l.origin), replaced(renamed, l.target)
		}
		for _, layout := range d.layouts() {
			for _, n := range layout.nodes {
				if n.class == definition.id {
					n.renameProxies(renamed)
				}
			}
		}
	}
	for _, l := range d.layouts() {
		l.index()
	}
}

func (d *document) nextID(taken map[string]bool) string {
	for {
		d.lastNodeID++
		if id := strconv.Itoa(d.lastNodeID); !taken[id] {
			taken[id] = true
			return id
		}
	}
}

func replaced(names map[string]string, id string) string {
	if name, ok := names[id]; ok {
		return name
	}
	return id
}

// renameProxies follows new ids in a host's list of promoted widgets, on a copy.
func (n *node) renameProxies(renamed map[string]string) {
	entries := n.properties.List(proxyWidgets)
	if len(entries) == 0 {
		return
	}
	changed := make([]any, len(entries))
	for i, entry := range entries {
		pair, ok := entry.([]any)
		if ok && len(pair) > 0 {
			pair = append([]any{replaced(renamed, idOf(pair[0]))}, pair[1:]...)
			changed[i] = pair
			continue
		}
		changed[i] = entry
	}
	properties := &jsontree.Object{}
	for _, m := range n.properties.Members {
		if m.Key != proxyWidgets {
			properties.Members = append(properties.Members, m)
		}
	}
	properties.Members = append(properties.Members, jsontree.Member{Key: proxyWidgets, Value: changed})
	n.properties = properties
}
