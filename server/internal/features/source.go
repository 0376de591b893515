package features

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// source says where a number stands: in an input of the form, or always the same.
type source struct {
	input string  // empty: none
	own   float64 // where the input has no value; 0: there is none
}

func (s source) varies() bool { return s.input != "" }

func (s source) of(values workflow.Values) float64 {
	if s.input == "" {
		return s.own
	}
	switch value := values[s.input].(type) {
	case workflow.Integer:
		return float64(value)
	case workflow.Number:
		return float64(value)
	case workflow.Text: // a choice of numbers
		if n, err := strconv.ParseFloat(string(value), 64); err == nil && !math.IsNaN(n) {
			return n
		}
	}
	return s.own
}

func (c choice) of(values workflow.Values) string {
	switch value := values[c.input].(type) {
	case workflow.Text:
		return string(value)
	case workflow.Boolean:
		return strconv.FormatBool(bool(value))
	}
	return c.initial
}

func (s steps) of(values workflow.Values) float64 {
	all := s.all.of(values)
	if !s.part {
		return all
	}
	end := min(s.end.of(values), all)
	return max(end-s.start.of(values), 0)
}

// reader reads a graph with its form.
type reader struct {
	offer  workflow.Offer
	inputs map[form.Target]*form.Input // that are shown
}

func input(n *graph.Node, name string) any {
	value, _ := n.Input(name)
	return value
}

// source says where the value of a field stands: a link is followed to a node that does nothing but hold it.
func (r *reader) source(n *graph.Node, field string) (s source, found bool) {
	value, is := n.Input(field)
	if !is {
		return s, false
	}
	if link, linked := value.(graph.Link); linked {
		from := r.offer.Graph.Node(link.Node)
		if from == nil || !holds(from) {
			return s, false
		}
		return r.source(from, from.Inputs[0].Name)
	}
	if in := r.inputs[form.Target{Node: n.ID, Field: field}]; in != nil {
		s.input = in.Name
		value = initial(in, value)
	}
	s.own, _ = jsontree.Float(value)
	return s, s.input != "" || s.own != 0
}

func initial(in *form.Input, own any) any {
	if in.Default != nil {
		return in.Default
	}
	return own
}

// holds tells a node that only holds a value.
func holds(n *graph.Node) bool {
	if len(n.Inputs) == 0 {
		return false
	}
	if _, linked := n.Inputs[0].Value.(graph.Link); linked {
		return false
	}
	return strings.HasPrefix(n.Class, "Primitive") || len(n.Inputs) == 1 && (n.Inputs[0].Name == "value" || n.Inputs[0].Name == "number")
}

// role is the source of what an input with a role sets.
func (r *reader) role(role form.Role) (source, bool) {
	in := r.offer.Form.With(role)
	if in == nil || in.Hidden || len(in.Targets) == 0 {
		return source{}, false
	}
	s := source{input: in.Name}
	own := any(nil)
	if n := r.offer.Graph.Node(in.Targets[0].Node); n != nil {
		own = input(n, in.Targets[0].Field)
	}
	s.own, _ = jsontree.Float(initial(in, own))
	return s, true
}

// text is a choice as the form tells it.
func text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return string(value)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}
