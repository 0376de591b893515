package form

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// meanings are the names that fields have for what they mean, by kind of number.
var meanings = map[string]Role{
	"width":               Width,
	"height":              Height,
	"steps":               Steps,
	"num_steps":           Steps,
	"num_inference_steps": Steps,
	"cfg":                 Guidance,
	"guidance":            Guidance,
	"guidance_scale":      Guidance,
	"cfg_scale":           Guidance,
	"batch_size":          Batch,
	"num_images":          Batch,
	"number_of_images":    Batch,
	"length":              Frames,
	"frames":              Frames,
	"num_frames":          Frames,
	"video_frames":        Frames,
	"frame_count":         Frames,
	"frames_number":       Frames,
	"seconds":             Seconds,
	"duration":            Seconds,
	"duration_seconds":    Seconds,
	"seconds_total":       Seconds,
	"fps":                 FPS,
	"frame_rate":          FPS,
}

// roles gives each role that numbers have to the field that has it most likely.
func (d *detector) roles() {
	best := map[Role]*field{}
	scores := map[Role]int{}
	for _, f := range d.fields {
		kind := kindOf(f)
		if kind != Integer && kind != Number {
			continue
		}
		role, score := d.meaning(f)
		if role != "" && score > scores[role] {
			best[role], scores[role] = f, score
		}
	}
	for role, f := range best {
		f.role = role
	}
}

// meaning is the role that a field could have, and how likely it is; not at all at 0.
func (d *detector) meaning(f *field) (Role, int) {
	role, score := d.scored(f.node, f.name)
	for _, u := range d.takers(f) {
		if r, s := d.scored(u.node, u.name); role == "" || r == role && s > score {
			role, score = r, s
		}
	}
	if role == "" {
		return "", 0
	}
	if f.shown > 0 || f.app > 0 {
		score += 40
	}
	return role, score
}

// takers are the inputs that take a value that does nothing but stand on a node of its own.
func (d *detector) takers(f *field) []user {
	if !primitive(f.node) {
		return nil
	}
	return d.users[graph.Link{Node: f.node.ID}]
}

// primitive tells a node that only holds a value.
func primitive(n *graph.Node) bool {
	if strings.HasPrefix(n.Class, "Primitive") {
		return true
	}
	return len(n.Inputs) == 1 && (n.Inputs[0].Name == "value" || n.Inputs[0].Name == "number")
}

func (d *detector) scored(n *graph.Node, name string) (Role, int) {
	role := meanings[name[strings.LastIndexByte(name, '.')+1:]]
	if role == "" {
		return "", 0
	}
	score := 10
	class := d.info.Class(n.Class)
	has := func(kind string) bool {
		if class == nil {
			return false
		}
		for _, out := range class.Outputs {
			if out.Type == kind {
				return true
			}
		}
		return false
	}
	switch role {
	case Width, Height:
		if has("LATENT") || has("CONDITIONING") && has("LATENT") {
			score += 20
		}
		if strings.Contains(n.Class, "Empty") {
			score += 10
		}
		if hasLinkTo(n, "IMAGE", d) && !has("LATENT") {
			score -= 9 // it changes a picture that is there
		}
	case Steps, Guidance:
		if has("LATENT") || has("SIGMAS") || has("GUIDER") || has("CONDITIONING") {
			score += 20
		}
		if staged(n) {
			return "", 0
		}
	case Batch, Frames:
		if has("LATENT") {
			score += 20
		}
	}
	return role, score
}

// hasLinkTo tells whether the node takes something of a type by link.
func hasLinkTo(n *graph.Node, kind string, d *detector) bool {
	for _, in := range n.Inputs {
		if link, ok := in.Value.(graph.Link); ok && d.outputType(link) == kind {
			return true
		}
	}
	return false
}

func (d *detector) outputType(link graph.Link) string {
	n := d.graph.Node(link.Node)
	if n == nil {
		return ""
	}
	class := d.info.Class(n.Class)
	if class == nil || link.Slot < 0 || link.Slot >= len(class.Outputs) {
		return ""
	}
	return class.Outputs[link.Slot].Type
}

// staged tells a sampler that does only a part of the steps; their number then also stands in others.
func staged(n *graph.Node) bool {
	start, _ := n.Input("start_at_step")
	end, ok := n.Input("end_at_step")
	if !ok {
		return false
	}
	from, isNumber := jsontree.Float(start)
	to, both := jsontree.Float(end)
	steps, _ := n.Input("steps")
	all, known := jsontree.Float(steps)
	return !isNumber || !both || from > 0 || known && to < all
}

// seeds marks what begins the noise, and gives the role to the one that matters most.
func (d *detector) seeds() {
	var best *field
	bestScore := 0
	for _, f := range d.fields {
		score := 0
		for _, u := range d.takers(f) {
			if seedName(u.name) && kindOf(f) == Integer {
				f.seed = true
			}
		}
		if kindOf(f) != Seed {
			continue
		}
		f.seed = true
		noise, _ := f.node.Input("add_noise")
		if noise == "disable" || noise == false {
			continue // its seed does nothing
		}
		score = 1000 - min(d.live[f.node.ID], 500)
		if f.app > 0 || f.shown > 0 {
			score += 2000
		}
		if d.samples(f) {
			score += 1000
		}
		if score > bestScore {
			best, bestScore = f, score
		}
	}
	if best != nil {
		best.role = SeedRole
	}
}

// samples tells whether a seed goes into a sampler.
func (d *detector) samples(f *field) bool {
	nodes := []*graph.Node{f.node}
	for _, u := range d.takers(f) {
		nodes = append(nodes, u.node)
	}
	for _, n := range nodes {
		if class := d.info.Class(n.Class); class != nil {
			for _, out := range class.Outputs {
				if out.Type == "LATENT" || out.Type == "NOISE" {
					return true
				}
			}
		}
	}
	return false
}
