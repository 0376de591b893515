package editor

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// read makes a document of the editor's JSON. Parts that are not what they should be are read as absent.
func read(file *jsontree.Object) (*document, error) {
	d := &document{layout: readLayout(file), groupNodes: file.Object("extra").Object("groupNodes")}
	for _, value := range file.Object("definitions").List("subgraphs") {
		body, ok := value.(*jsontree.Object)
		if !ok {
			continue
		}
		definition := &definition{
			layout:  readLayout(body),
			id:      body.Text("id"),
			inputs:  readPorts(body.List("inputs")),
			outputs: readPorts(body.List("outputs")),
		}
		definition.name = body.Text("name")
		d.define(definition)
	}
	last, ok := file.Get("last_node_id")
	if !ok {
		last, _ = file.Object("state").Get("lastNodeId")
	}
	d.lastNodeID, _ = jsontree.Int(last)
	count := 0
	for _, l := range d.layouts() {
		count += len(l.nodes)
	}
	if count > graph.MaxNodes {
		return nil, graph.Problems{graph.TooLarge(count)}
	}
	return d, nil
}

func readLayout(body *jsontree.Object) *layout {
	l := &layout{links: map[string]*link{}}
	for _, value := range body.List("nodes") {
		if n, ok := value.(*jsontree.Object); ok {
			l.nodes = append(l.nodes, readNode(n))
		}
	}
	for _, value := range body.List("links") {
		if read := readLink(value); read != nil {
			l.links[read.id] = read
		}
	}
	return l
}

func readNode(body *jsontree.Object) *node {
	n := &node{
		body:       body,
		id:         idAt(body, "id"),
		class:      body.Text("type"),
		title:      body.Text("title"),
		inputs:     readSockets(body.List("inputs")),
		outputs:    readSockets(body.List("outputs")),
		properties: body.Object("properties"),
	}
	mode, _ := body.Get("mode")
	n.mode, _ = jsontree.Int(mode)
	switch values, _ := body.Get("widgets_values"); values := values.(type) {
	case []any:
		n.values, _ = javaScript(values).([]any)
	case *jsontree.Object:
		n.keyed = true
	}
	return n
}

func readSockets(list []any) (sockets []*socket) {
	for _, value := range list {
		body, ok := value.(*jsontree.Object)
		if !ok {
			continue
		}
		s := &socket{name: body.Text("name"), label: body.Text("label"), kind: kindOf(body), link: idAt(body, "link")}
		s.widget = body.Object("widget").Text("name")
		s.links = ids(body.List("links"))
		sockets = append(sockets, s)
	}
	return sockets
}

func readPorts(list []any) (ports []port) {
	for _, value := range list {
		body, _ := value.(*jsontree.Object) // an odd one keeps its place
		ports = append(ports, port{
			name:  body.Text("name"),
			label: body.Text("label"),
			kind:  kindOf(body),
			links: ids(body.List("linkIds")),
		})
	}
	return ports
}

// kindOf is a socket's type; old files have numbers for "anything".
func kindOf(body *jsontree.Object) string {
	if text := body.Text("type"); text != "" {
		return text
	}
	return "*"
}

// readLink reads a link of either form: a list, or an object as in subgraphs.
func readLink(value any) *link {
	switch value := value.(type) {
	case []any:
		if len(value) < 5 {
			return nil
		}
		slot, _ := jsontree.Int(value[2])
		return &link{id: idOf(value[0]), origin: idOf(value[1]), originSlot: slot, target: idOf(value[3])}
	case *jsontree.Object:
		slot, _ := value.Get("origin_slot")
		n, _ := jsontree.Int(slot)
		return &link{id: idAt(value, "id"), origin: idAt(value, "origin_id"), originSlot: n, target: idAt(value, "target_id")}
	}
	return nil
}

func ids(list []any) (all []string) {
	for _, value := range list {
		all = append(all, idOf(value))
	}
	return all
}

func idAt(body *jsontree.Object, key string) string {
	value, _ := body.Get(key)
	return idOf(value)
}

// idOf is an id as JavaScript would write it; empty: none.
func idOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	if f, ok := jsontree.Float(value); ok {
		return string(jsontree.Append(nil, f))
	}
	return ""
}

// javaScript is a value with its numbers as JavaScript holds them.
func javaScript(value any) any {
	if f, ok := jsontree.Float(value); ok {
		return f
	}
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, v := range value {
			list[i] = javaScript(v)
		}
		return list
	case *jsontree.Object:
		object := &jsontree.Object{Members: make([]jsontree.Member, len(value.Members))}
		for i, m := range value.Members {
			object.Members[i] = jsontree.Member{Key: m.Key, Value: javaScript(m.Value)}
		}
		return object
	}
	return value
}
