package simulator

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// trace flows along the links in place of tensors: what a picture at their end
// would be made of.
type trace struct {
	text          string // the first prompt text
	width, height int    // pixels
	batch, steps  int
	key           string // of the node, so that every input changes the picture
	file          string // a loaded picture that nothing has changed yet
}

// behaviours says what the nodes do that do more than pass their inputs on.
var behaviours = map[string]func(*execution, context.Context, *graph.Node, trace) (result, error){
	"CheckpointLoaderSimple": (*execution).load,
	"UNETLoader":             (*execution).load,
	"CLIPLoader":             (*execution).load,
	"VAELoader":              (*execution).load,
	"CLIPTextEncode":         (*execution).encode,
	"KSampler":               (*execution).sample,
	"SamplerCustomAdvanced":  (*execution).sample,
	"VAEDecode":              (*execution).decode,
	"VAEEncode":              (*execution).decode,
	"LoadImage":              (*execution).loadImage,
	"SaveImage":              (*execution).saveImage,
	"PreviewImage":           (*execution).previewImage,
}

var samplers = []string{"KSampler", "SamplerCustomAdvanced"}

// run lets a node do its work.
func (e *execution) run(ctx context.Context, node *graph.Node) (result, error) {
	if node.ID == e.trouble && !slices.Contains(samplers, node.Class) {
		if slow, ok := e.manners.find("slow"); ok {
			pause(ctx, slow.Duration)
		}
		if err := e.misbehave(ctx); err != nil {
			return result{}, err
		}
	}
	in := e.gather(node)
	if behaviour := behaviours[node.Class]; behaviour != nil {
		return behaviour(e, ctx, node, in)
	}
	return result{trace: in}, nil
}

// gather joins what a node's links bring, the first of each kind, with its own literals.
func (e *execution) gather(node *graph.Node) trace {
	var t trace
	for _, input := range e.catalogue[node.Class].Inputs {
		value, _ := node.Input(input.Name)
		link, linked := graph.AsLink(value)
		if !linked {
			continue
		}
		from := e.cache[e.keys[link.From]].trace
		t.text = cmp.Or(t.text, from.text)
		t.width, t.height = cmp.Or(t.width, from.width), cmp.Or(t.height, from.height)
		t.batch, t.steps = cmp.Or(t.batch, from.batch), cmp.Or(t.steps, from.steps)
		t.file = cmp.Or(t.file, from.file)
	}
	t.text = cmp.Or(text(node, "text"), text(node, "value"), t.text)
	t.width, t.height = cmp.Or(whole(node, "width"), t.width), cmp.Or(whole(node, "height"), t.height)
	t.batch, t.steps = cmp.Or(whole(node, "batch_size"), t.batch), cmp.Or(whole(node, "steps"), t.steps)
	t.key = e.keys[node.ID]
	return t
}

func text(node *graph.Node, name string) string {
	value, _ := node.Input(name)
	s, _ := value.(string)
	return s
}

func whole(node *graph.Node, name string) int {
	value, _ := node.Input(name)
	n, ok := value.(*big.Int)
	if !ok || !n.IsInt64() {
		return 0
	}
	return int(n.Int64())
}

// load reads a model file: the load time is shared out among the graph's loaders, and a file
// in memory costs nothing. It is deaf to interrupts, as model loading is.
func (e *execution) load(ctx context.Context, node *graph.Node, in trace) (result, error) {
	var file string
	for _, name := range []string{"ckpt_name", "unet_name", "clip_name", "vae_name"} {
		file = cmp.Or(file, text(node, name))
	}
	if !e.loaded[file] {
		pause(ctx, e.options.LoadTime/time.Duration(e.loaders()))
		e.loaded[file] = true
		e.logf("loaded completely %s", file)
	}
	return result{trace: in}, nil
}

func (e *execution) loaders() int {
	count := 0
	for _, node := range e.prompt.graph.Nodes {
		switch node.Class {
		case "CheckpointLoaderSimple", "UNETLoader", "CLIPLoader", "VAELoader":
			count++
		}
	}
	return count
}

func (e *execution) encode(ctx context.Context, _ *graph.Node, in trace) (result, error) {
	pause(ctx, e.options.EncodeTime)
	return result{trace: in}, nil
}

func (e *execution) decode(ctx context.Context, _ *graph.Node, in trace) (result, error) {
	pause(ctx, e.options.DecodeTime)
	return result{trace: in}, nil
}

// sample takes its steps, and looks for an interrupt at each. Making a preview is part of
// the next step's time, so that a run's duration does not depend on the machine.
func (e *execution) sample(ctx context.Context, node *graph.Node, in trace) (result, error) {
	in.file = ""
	steps, perStep := max(in.steps, 1), e.options.StepTime
	if slow, ok := e.manners.find("slow"); ok {
		perStep = slow.Duration
	}
	due := time.Now()
	for step := 1; step <= steps; step++ {
		due = due.Add(perStep)
		if step == steps/2+1 && node.ID == e.trouble {
			if err := e.misbehave(ctx); err != nil {
				return result{}, err
			}
		}
		if !pause(ctx, time.Until(due)) {
			return result{}, ctx.Err()
		}
		if e.isInterrupted() {
			return result{}, errInterrupted
		}
		e.bar(step, steps, perStep)
		e.tick(node.ID, step, steps, in.spec())
	}
	return result{trace: in}, nil
}

// spec is the picture that comes of a trace.
func (t trace) spec() picture.Spec {
	return picture.Spec{Prompt: t.text, Key: t.key, Width: cmp.Or(t.width, 512), Height: cmp.Or(t.height, 512)}
}

// troubleSpot is the node at which a run hangs, crashes or fails: the first sampler that
// will run, else the first output.
func (e *execution) troubleSpot(order []string) string {
	spot := ""
	for _, id := range order {
		class := e.prompt.graph.Node(id).Class
		if slices.Contains(samplers, class) {
			return id
		}
		if spot == "" && e.catalogue[class].OutputNode {
			spot = id
		}
	}
	return spot
}

// ruin returns the error with which this run and all that follow fail, nil when none was asked for.
func (e *execution) ruin() *raised {
	switch {
	case e.manners.has("lose-gpu"):
		return &raised{"torch.AcceleratorError", "CUDA error: an illegal memory access was encountered"}
	case e.manners.has("spoil"):
		return &raised{"RuntimeError", "the simulated process is spoiled"}
	}
	return nil
}

// misbehave does what the run was told to do half-way.
func (e *execution) misbehave(ctx context.Context) error {
	switch {
	case e.manners.has("crash"):
		e.logf("Fatal error: told to crash")
		e.exit(1)
	case e.manners.has("hang"):
		e.logf("told to hang")
		<-ctx.Done()
		return ctx.Err()
	case e.manners.has("error"):
		return &raised{"RuntimeError", "the simulated node was told to fail"}
	}
	return nil
}
