package graphfile

import (
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// readJSON reads a graph out of JSON text.
func readJSON(data []byte) (*File, error) {
	if len(data) > MaxGraph {
		return nil, tooLarge()
	}
	value, err := jsontree.Parse(data)
	if syntax, ok := errors.AsType[*jsontree.SyntaxError](err); ok {
		what := "it is not a workflow: " + syntax.Error()
		if len(data) == 0 {
			what = "the file is empty"
		}
		return nil, graph.Problems{{
			What: what,
			Help: "bring a JSON file that ComfyUI saved or exported, or a PNG, WebP, MP4, WebM, FLAC, MP3 or Opus file that it made",
		}}
	} else if err != nil {
		return nil, err
	}
	file := &File{Format: JSON}
	if err := file.find(value, 0); err != nil {
		return nil, err
	}
	if file.API == nil && file.Editor == nil {
		return nil, graph.Problems{{
			What: "it is JSON, but no ComfyUI workflow: there are neither nodes with a class_type nor a list of nodes",
			Help: "save or export the workflow in ComfyUI and bring that file",
		}}
	}
	return file, nil
}

// find looks for graphs in a value and in the envelopes that are known.
func (f *File) find(value any, depth int) error {
	const deepest = 4
	if text, ok := value.(string); ok && depth > 0 { // JSON in a text, as picture tools show it
		inner, err := jsontree.Parse([]byte(text))
		if _, again := inner.(string); err != nil || again {
			return nil
		}
		value = inner
	}
	object, ok := value.(*jsontree.Object)
	if !ok || depth > deepest {
		return nil
	}
	switch {
	case isEditor(object):
		if err := checkEditor(object); err != nil {
			return err
		}
		f.Editor = object
		return nil
	case isAPI(object):
		g, err := graph.Parse(object)
		f.API = g
		return err
	}
	for _, key := range []string{"extra_pnginfo", "extra_data", "workflow", "input", "output", "prompt"} {
		inner, ok := object.Get(key)
		if !ok {
			continue
		}
		if err := f.find(inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func isEditor(object *jsontree.Object) bool {
	nodes, ok := object.Get("nodes")
	_, isList := nodes.([]any)
	return ok && isList
}

func isAPI(object *jsontree.Object) bool {
	for _, m := range object.Members {
		if node, ok := m.Value.(*jsontree.Object); ok {
			if _, ok := node.Get("class_type"); ok {
				return true
			}
		}
	}
	return false
}

// checkEditor refuses what cannot be read in only one way: two nodes of one graph, or two subgraphs, with the same id.
func checkEditor(object *jsontree.Object) error {
	graphs := []*jsontree.Object{object}
	subgraphs := map[string]bool{}
	for _, definition := range object.Object("definitions").List("subgraphs") {
		d, ok := definition.(*jsontree.Object)
		if !ok {
			continue
		}
		if id := d.Text("id"); id != "" && subgraphs[id] {
			return graph.Problems{{
				What: fmt.Sprintf("two subgraphs have the id %s (the second is called %q)", id, d.Text("name")),
				Help: "open the workflow in ComfyUI and save it again",
			}}
		} else {
			subgraphs[id] = true
		}
		graphs = append(graphs, d)
	}
	count := 0
	for i, g := range graphs {
		seen := map[string]bool{}
		for _, value := range g.List("nodes") {
			count++
			node, ok := value.(*jsontree.Object)
			if !ok {
				continue
			}
			id, _ := node.Get("id")
			text := string(jsontree.Append(nil, id))
			if seen[text] {
				where := ""
				if i > 0 {
					where = fmt.Sprintf(" of the subgraph %q", g.Text("name"))
				}
				return graph.Problems{{
					Node:  text,
					Title: node.Text("title"),
					Class: node.Text("type"),
					What:  "another node" + where + " has the same id, so links to it cannot be told apart",
					Help:  "delete one of the two in ComfyUI, add it anew and save the workflow",
				}}
			}
			seen[text] = true
		}
	}
	if count > graph.MaxNodes {
		return graph.Problems{graph.TooLarge(count)}
	}
	return nil
}
