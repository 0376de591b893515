package editor

import (
	"math"
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// Nodes that exist in the page alone.
const (
	primitiveNode = "PrimitiveNode"
	rerouteNode   = "Reroute"
	setNode       = "SetNode"
	getNode       = "GetNode"
)

var notes = map[string]bool{"Note": true, "MarkdownNote": true}

// primitiveTargets are the inputs that a PrimitiveNode is linked to directly, in the order of its output's links.
func (l *layout) primitiveTargets(n *node) (found []target) {
	if len(n.outputs) == 0 {
		return nil
	}
	for _, id := range n.outputs[0].links {
		link := l.links[id]
		if link == nil || link.origin != n.id {
			continue
		}
		t := l.byID[link.target]
		if t == nil {
			continue
		}
		for _, s := range t.inputs {
			if s.link == id {
				found = append(found, target{t, s})
			}
		}
	}
	return found
}

// applyPrimitives writes the value of each PrimitiveNode into the widgets that it is linked to, as the page does before it
// exports. One whose first link does not lead to a widget has no value, and the others are as on a fresh node.
func (c *converter) applyPrimitives() {
	for _, l := range c.document.layouts() {
		for _, n := range l.nodes {
			if n.class != primitiveNode {
				continue
			}
			targets := l.primitiveTargets(n)
			if len(targets) == 0 || len(n.values) == 0 {
				continue
			}
			hasValue := c.document.isWidget(targets[0])
			value := n.values[0]
			if text, ok := value.(string); ok && n.properties.True("Run widget replace on values") {
				value = c.replaceTokens(text)
			}
			for _, t := range targets {
				w := t.node.widgetOf(t.socket)
				switch {
				case w == nil:
				case hasValue:
					w.value, w.primitive = typed(w.input, value), n
				case w.input != nil:
					w.value, w.at = fresh(w.input), -1
				}
			}
		}
	}
}

// isWidget tells whether an input is one of a widget, on the node itself or inside the subgraph that it stands for.
func (d *document) isWidget(t target) bool {
	if definition := d.definition(t.node.class); definition != nil {
		return d.endsInWidget(definition, hostInput(t, definition))
	}
	return t.node.widgetOf(t.socket) != nil
}

// typed rounds a number as the page does when somebody types it.
func typed(in *objectinfo.Input, value any) any {
	f, ok := value.(float64)
	if !ok || in == nil {
		return value
	}
	switch in.Widget {
	case objectinfo.Int:
		step, _ := jsontree.Float(in.Step)
		if in.Step == "" || step == 0 {
			step = 1
		}
		low := 0.0
		if in.Min != "" {
			low, _ = jsontree.Float(in.Min)
		}
		shift := math.Mod(low, step)
		return round((f-shift)/step)*step + shift
	case objectinfo.Float:
		if in.Round == "" {
			return value
		}
		to, _ := jsontree.Float(in.Round)
		if to <= 0 {
			return value
		}
		step := 0.5
		if in.Step != "" {
			step, _ = jsontree.Float(in.Step)
		}
		return fixed(round(f/to)*to, max(0, -int(math.Floor(math.Log10(step)))))
	}
	return value
}

// round is JavaScript's Math.round: halves go up.
func round(f float64) float64 { return math.Floor(f + 0.5) }

// fixed rounds to a number of digits as JavaScript's toFixed does: the exact value, and halves away from zero.
func fixed(f float64, digits int) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) || digits > 100 {
		return f
	}
	exact := strconv.FormatFloat(math.Abs(f), 'f', 1100, 64) // every float64 ends before
	point := len(exact) - 1101
	cut := exact[:point+1+digits]
	rest := exact[point+1+digits:]
	n, err := strconv.ParseFloat(cut, 64)
	if err != nil {
		return f
	}
	if rest[0] >= '5' {
		n, _ = strconv.ParseFloat(strconv.FormatFloat(n+math.Pow10(-digits), 'f', digits, 64), 64)
	}
	return math.Copysign(n, f)
}
