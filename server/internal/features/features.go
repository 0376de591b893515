// Package features tells of a run what its length may depend on: steps, size, batch, frames, choices and models, by the form of its
// workflow and its values, and by the graph where that holds a value itself.
package features

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fresh"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Size is that of a file: pixels, and seconds; 0: it has none, or it is not known.
type Size struct {
	Width, Height int
	Seconds       float64
}

// Plan says where the features of a version's runs stand. It does not change once it is made, and is safe for concurrent use.
type Plan struct {
	Graph string // hash of the version's graph

	steps          []steps
	width, height  source
	batch          source
	frames         source
	seconds, fps   source
	guidance       source
	choices        []choice
	numbers        []number
	files          []file
	models         []model
	work, samplers map[string]bool // nodes
}

// steps are those of one node: all, or from start to end of them.
type steps struct {
	all, start, end source
	part            bool
}

// choice is a setting that may stretch the steps. It goes by the field that it sets: its name on the form may change.
type choice struct{ field, input, initial string }

type number struct {
	field string
	source
}

type file struct {
	input string
	kind  form.FileKind
}

// model is a file that the graph loads: always the same one, or as an input says.
type model struct{ folder, file, input string }

// Of finds out where the features of an offer's runs stand. It is for keeping: a prediction has no time for it.
func Of(o workflow.Offer) *Plan {
	r := reader{offer: o, inputs: map[form.Target]*form.Input{}}
	for i := range o.Form.Inputs {
		if in := &o.Form.Inputs[i]; !in.Hidden {
			for _, t := range in.Targets {
				r.inputs[form.Target{Node: t.Node, Field: t.Field}] = in
			}
		}
	}
	p := &Plan{Graph: o.GraphHash(), work: fresh.Work(o.Graph, o.Info()), samplers: map[string]bool{}}
	r.sizes(p)
	r.settings(p)
	for i := range o.Graph.Nodes {
		n := &o.Graph.Nodes[i]
		if s, is := r.steps(n); is {
			p.steps = append(p.steps, s)
		}
		p.models = append(p.models, r.models(n)...)
		if _, linked := input(n, "latent_image").(graph.Link); linked && strings.Contains(n.Class, "Sampler") {
			p.samplers[n.ID] = true
		}
	}
	return p
}

// Cached reports whether ComfyUI took what makes a run long from what it had kept: all that samples, or all work. nodes are those that
// did not run.
func (p *Plan) Cached(nodes []string) bool {
	kept := map[string]bool{}
	for _, id := range nodes {
		kept[id] = true
	}
	of := p.samplers
	if len(of) == 0 {
		of = p.work
	}
	for id := range of {
		if !kept[id] {
			return false
		}
	}
	return len(of) > 0
}

// Of returns the features of a run with these values; those that are missing are as the form or the graph has them. size tells how
// large a file is that was handed in; nil: that is not known of any.
func (p *Plan) Of(values workflow.Values, size func(asset string) (Size, bool)) learn.Features {
	f := learn.Features{
		Pixels: p.width.of(values) * p.height.of(values),
		Batch:  p.batch.of(values),
		Frames: p.length(values),
		Models: p.loaded(values),
	}
	for i := range p.steps {
		f.Steps += p.steps[i].of(values)
	}
	p.chosen(&f, values)
	for i := range p.numbers {
		if n := p.numbers[i].of(values); n > 0 {
			f.Numbers = with(f.Numbers, p.numbers[i].field, n)
		}
	}
	p.sized(&f, values, size)
	return f
}

// Shape holds the values for each of which a ComfyUI that compiles compiles anew.
type Shape struct {
	graph                        string
	width, height, batch, frames float64
}

// Shape returns that of a run with these values.
func (p *Plan) Shape(values workflow.Values) Shape {
	return Shape{p.Graph, p.width.of(values), p.height.of(values), p.batch.of(values), p.length(values)}
}

func with(numbers map[string]float64, name string, value float64) map[string]float64 {
	if numbers == nil {
		numbers = map[string]float64{}
	}
	numbers[name] = value
	return numbers
}

// framesAtATime is the number of frames that most video models make one of: a video of n has (n-1)/4+1 to be sampled.
const framesAtATime = 4

func (p *Plan) length(values workflow.Values) float64 {
	if n := p.frames.of(values); n > 0 {
		return (n-1)/framesAtATime + 1
	}
	seconds := p.seconds.of(values)
	if fps := p.fps.of(values); fps > 0 {
		return seconds * fps
	}
	return seconds
}

func (p *Plan) chosen(f *learn.Features, values workflow.Values) {
	if len(p.choices) == 0 && !p.guidance.varies() {
		return
	}
	f.Choices = make(map[string]string, len(p.choices)+1)
	for _, c := range p.choices {
		f.Choices[c.field] = c.of(values)
	}
	if p.guidance.varies() {
		f.Choices["guidance"] = "more"
		if p.guidance.of(values) == 1 { // the negative text is not asked
			f.Choices["guidance"] = "1"
		}
	}
}

// sized adds the sizes of files. Where the graph has no size of its own, that of the first picture or video counts as it.
func (p *Plan) sized(f *learn.Features, values workflow.Values, size func(asset string) (Size, bool)) {
	if size == nil {
		return
	}
	for _, in := range p.files {
		value, _ := values[in.input].(workflow.File)
		if value.Asset == "" || in.kind == form.Mask {
			continue
		}
		s, known := size(value.Asset)
		if !known {
			continue
		}
		if pixels := float64(s.Width) * float64(s.Height); pixels > 0 && f.Pixels == 0 {
			f.Pixels = pixels
		} else if pixels > 0 {
			f.Numbers = with(f.Numbers, "pixels of "+in.input, pixels)
		}
		if s.Seconds > 0 && f.Frames == 0 {
			f.Frames = s.Seconds
		} else if s.Seconds > 0 {
			f.Numbers = with(f.Numbers, "seconds of "+in.input, s.Seconds)
		}
	}
}

// loaded names the model files of a run.
func (p *Plan) loaded(values workflow.Values) string {
	var b strings.Builder
	for i := range p.models {
		m := &p.models[i]
		name := m.file
		if chosen, is := values[m.input].(workflow.Text); is && m.input != "" {
			name = clean(string(chosen))
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(m.folder)
		b.WriteByte('/')
		b.WriteString(name)
	}
	return b.String()
}

func clean(file string) string { return strings.ReplaceAll(file, `\`, "/") }
