package simulator

import (
	"cmp"
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/nodes"
)

// run lets a node do its work.
func (e *execution) run(ctx context.Context, node *graph.Node) (result, error) {
	if node.ID == e.trouble && !nodes.Samples(node.Class) {
		if slow, ok := e.manners.find("slow"); ok {
			sleep(ctx, slow.Duration)
		}
		if err := e.misbehave(ctx); err != nil {
			return result{}, err
		}
	}
	words := e.wordsOf(node)
	call := nodes.Call{
		Class:   e.catalogue[node.Class],
		Node:    node,
		Key:     e.keys[node.ID],
		Words:   words,
		Linked:  e.linked,
		Machine: &machine{execution: e, ctx: ctx, node: node},
	}
	outcome, err := call.Run()
	return result{outcome, words}, err
}

// linked returns the value that a link brings.
func (e *execution) linked(link graph.Link) any {
	values := e.cache[e.keys[link.From]].Values
	if link.Slot < 0 || link.Slot >= len(values) {
		return nil
	}
	return values[link.Slot]
}

// wordsOf is a node's own text, or else the first one that its links bring.
func (e *execution) wordsOf(node *graph.Node) string {
	for _, name := range []string{"text", "value", "prompt"} {
		if value, _ := node.Input(name); value != nil {
			if own, ok := value.(string); ok && own != "" {
				return own
			}
		}
	}
	words := ""
	for _, input := range e.catalogue[node.Class].Inputs {
		value, _ := node.Input(input.Name)
		if link, linked := graph.AsLink(value); linked {
			words = cmp.Or(words, e.cache[e.keys[link.From]].words)
		}
	}
	return words
}

// troubleSpot is the node at which a run hangs, crashes or fails: the first sampler that
// will run, else the first output.
func (e *execution) troubleSpot(order []string) string {
	spot := ""
	for _, id := range order {
		class := e.prompt.graph.Node(id).Class
		if nodes.Samples(class) {
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
		return &raised{Kind: "torch.AcceleratorError", Message: "CUDA error: an illegal memory access was encountered"}
	case e.manners.has("spoil"):
		return &raised{Kind: "RuntimeError", Message: "the simulated process is spoiled"}
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
		return &raised{Kind: "RuntimeError", Message: "the simulated node was told to fail"}
	}
	return nil
}
