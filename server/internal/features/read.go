package features

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

var stepFields = []string{"steps", "num_steps", "num_inference_steps", "sampling_steps"}

// steps are those that a node takes, or that it plans for a sampler.
func (r *reader) steps(n *graph.Node) (s steps, is bool) {
	for _, field := range stepFields {
		if s.all, is = r.source(n, field); !is {
			continue
		}
		if s.end, s.part = r.source(n, "end_at_step"); s.part {
			s.start, _ = r.source(n, "start_at_step")
		}
		return s, true
	}
	return s, false
}

// sizes finds what is made: how large, how many and how long. What has a role on the form goes before what the graph alone knows, which
// is read from the node that most likely begins it.
func (r *reader) sizes(p *Plan) {
	begin := r.beginning()
	for _, size := range []struct {
		to     *source
		role   form.Role
		fields []string
	}{
		{&p.width, form.Width, []string{"width"}},
		{&p.height, form.Height, []string{"height"}},
		{&p.batch, form.Batch, []string{"batch_size"}},
		{&p.frames, form.Frames, []string{"length", "num_frames", "frames", "video_frames", "frame_count"}},
		{&p.seconds, form.Seconds, []string{"seconds", "duration", "seconds_total"}},
		{&p.fps, form.FPS, []string{"fps", "frame_rate"}},
	} {
		s, found := r.role(size.role)
		for i := 0; !found && begin != nil && i < len(size.fields); i++ {
			s, found = r.source(begin, size.fields[i])
		}
		*size.to = s
	}
	p.guidance, _ = r.role(form.Guidance)
}

// beginning is the node that begins what is made: the one with a size of those that make something to be sampled.
func (r *reader) beginning() (best *graph.Node) {
	score := func(n *graph.Node) (score int) {
		for _, field := range []string{"width", "height", "length", "batch_size", "seconds"} {
			if _, is := r.source(n, field); is {
				score++
			}
		}
		if score == 0 {
			return 0
		}
		if class := r.offer.Info().Class(n.Class); class != nil {
			for _, out := range class.Outputs {
				if out.Type == "LATENT" {
					score += 20
				}
			}
		}
		if strings.Contains(n.Class, "Empty") {
			score += 10
		}
		if strings.Contains(n.Class, "Latent") || strings.Contains(n.Class, "ToVideo") {
			score += 5
		}
		return score
	}
	most := 0
	for i := range r.offer.Graph.Nodes {
		if n := &r.offer.Graph.Nodes[i]; score(n) > most {
			best, most = n, score(n)
		}
	}
	return best
}

// stretching are the names of further numbers that runs may take longer with.
var stretching = map[string]bool{
	"amount":            true,
	"chunk_size":        true,
	"duration":          true,
	"max_length":        true,
	"max_new_tokens":    true,
	"max_tokens":        true,
	"megapixels":        true,
	"multiplier":        true,
	"num_beams":         true,
	"octree_resolution": true,
	"resolution":        true,
	"scale":             true,
	"scale_by":          true,
	"tile_height":       true,
	"tile_size":         true,
	"tile_width":        true,
	"upscale_by":        true,
}

// settings finds what else may stretch a run: choices and switches of the form, some of its numbers, and files.
func (r *reader) settings(p *Plan) {
	for i := range r.offer.Form.Inputs {
		in := &r.offer.Form.Inputs[i]
		if in.Hidden || len(in.Targets) == 0 {
			continue
		}
		t := in.Targets[0]
		field, name := t.Node+"."+t.Field, t.Field[strings.LastIndexByte(t.Field, '.')+1:]
		switch in.Kind {
		case form.Choice, form.Boolean:
			if n := r.offer.Graph.Node(t.Node); n != nil && !fitness.IsModel(n.Class, t.Field, input(n, t.Field)) {
				p.choices = append(p.choices, choice{field, in.Name, text(initial(in, input(n, t.Field)))})
			}
		case form.Integer, form.Number:
			if n := r.offer.Graph.Node(t.Node); n != nil && in.Role == "" && stretching[name] {
				if s, is := r.source(n, t.Field); is {
					p.numbers = append(p.numbers, number{field, s})
				}
			}
		case form.File:
			p.files = append(p.files, file{in.Name, in.File})
		}
	}
	slices.SortFunc(p.choices, func(a, b choice) int { return cmp.Compare(a.field, b.field) })
}

// models are the model files that a node loads.
func (r *reader) models(n *graph.Node) (all []model) {
	for _, in := range n.Inputs {
		if !fitness.IsModel(n.Class, in.Name, in.Value) {
			continue
		}
		own, _ := in.Value.(string)
		m := model{folder: fitness.ModelFolder(n.Class, in.Name), file: clean(own)}
		if set := r.inputs[form.Target{Node: n.ID, Field: in.Name}]; set != nil {
			m.input = set.Name
			if chosen, is := initial(set, own).(string); is {
				m.file = clean(chosen)
			}
		}
		all = append(all, m)
	}
	return all
}
