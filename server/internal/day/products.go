package day

import (
	"context"
	"embed"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learn/trial"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

//go:embed laws/*.json
var laws embed.FS

// product is a workflow, with what people set on it and the law of its runs.
type product struct {
	id    string
	steps []int
	sizes [][2]int
	batch []int
}

// products are those of the day. The first values of each are its defaults.
var products = []product{
	{"portrait", []int{20, 12, 28, 40}, [][2]int{{1024, 768}, {512, 512}, {768, 768}, {1024, 1024}}, []int{1, 1, 2, 4}},
	{"poster", []int{24, 16, 32, 48}, [][2]int{{1024, 1024}, {1536, 1024}, {1536, 1536}}, []int{1, 1, 1, 2}},
	{"sketch", []int{6, 4, 8}, [][2]int{{768, 768}, {512, 512}, {1024, 768}}, []int{1, 4, 8}},
}

func (p *product) draw(rnd *rand.Rand) workflow.Values {
	size := p.sizes[rnd.IntN(len(p.sizes))]
	return values(p.steps[rnd.IntN(len(p.steps))], size, p.batch[rnd.IntN(len(p.batch))])
}

func (p *product) defaults() workflow.Values { return values(p.steps[0], p.sizes[0], p.batch[0]) }

func values(steps int, size [2]int, batch int) workflow.Values {
	return workflow.Values{
		"steps":  workflow.Integer(steps),
		"width":  workflow.Integer(size[0]),
		"height": workflow.Integer(size[1]),
		"batch":  workflow.Integer(batch),
	}
}

// of gives the values as the law takes them.
func of(v workflow.Values) learn.Features {
	number := func(name string) float64 {
		n, _ := v[name].(workflow.Integer)
		return float64(n)
	}
	return learn.Features{Steps: number("steps"), Pixels: number("width") * number("height"), Batch: number("batch")}
}

// shelf offers the products on all workers.
type shelf struct {
	offers map[string]workflow.Offer
	laws   map[string]*trial.Law
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{offers: map[string]workflow.Offer{}, laws: map[string]*trial.Law{}}
	for i := range products {
		p := &products[i]
		s.offers[p.id] = p.offer(t)
		data, err := laws.ReadFile("laws/" + p.id + ".json")
		if err != nil {
			t.Fatal(err)
		}
		law, err := trial.ReadLaw(data)
		if err != nil {
			t.Fatal(err)
		}
		s.laws[p.id] = &law
	}
	return s
}

func (p *product) offer(t *testing.T) workflow.Offer {
	value, err := jsontree.Parse(fmt.Appendf(nil, `{
		"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "%s.safetensors"}},
		"2": {"class_type": "EmptyLatentImage", "inputs": {"width": %d, "height": %d, "batch_size": %d}},
		"3": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "latent_image": ["2", 0], "steps": %d, "seed": 1}},
		"4": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
		"5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}}
	}`, p.id, p.sizes[0][0], p.sizes[0][1], p.batch[0], p.steps[0]))
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Parse(value.(*jsontree.Object))
	if err != nil {
		t.Fatal(err)
	}
	f := &form.Form{}
	for _, in := range []struct {
		name, node, field string
		role              form.Role
	}{
		{"steps", "3", "steps", form.Steps},
		{"width", "2", "width", form.Width},
		{"height", "2", "height", form.Height},
		{"batch", "2", "batch_size", form.Batch},
	} {
		target := form.Target{Node: in.node, Field: in.field}
		f.Inputs = append(f.Inputs, form.Input{Name: in.name, Kind: form.Integer, Role: in.role, Targets: []form.Target{target}})
	}
	v := &workflow.Version{ID: p.id, Hash: p.id, Graph: g, Form: f}
	return workflow.Offer{Version: v, Graph: g, Form: f}
}

// Workers implements booking.Offers, as the rest does.
func (s *shelf) Workers() []string { return workers }

// Offer returns a workflow.
func (s *shelf) Offer(_ context.Context, id, _ string) (workflow.Offer, error) {
	o, known := s.offers[id]
	if !known {
		return o, fault.NoSuch("workflow", id)
	}
	return o, nil
}

// Bookable says that all can be booked.
func (s *shelf) Bookable(string) error { return nil }

// Keep has nothing to do: nobody edits the workflows.
func (s *shelf) Keep(context.Context, *workflow.Version) error { return nil }

// Candidates returns all workers, or the one that is named.
func (s *shelf) Candidates(id, worker string) (all []workflow.There, err error) {
	for _, w := range workers {
		if worker == "" || w == worker {
			all = append(all, workflow.There{Worker: w, Offer: s.offers[id]})
		}
	}
	return all, nil
}

// On returns a workflow, which is the same on all workers.
func (s *shelf) On(_, id string) (workflow.Offer, bool) {
	o, known := s.offers[id]
	return o, known
}
