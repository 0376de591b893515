package measure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fresh"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// cancelLimit bounds the wait for ComfyUI to drop a prompt that is taken back.
const cancelLimit = 2 * time.Second

// generation holds what came of a run.
type generation struct {
	took   time.Duration // from the post to the known result
	cached bool          // ComfyUI took what it had kept for its work
	bad    string        // why the result cannot be used, in words for people; empty: it can
}

// generate runs a workflow once, when ComfyUI has nothing else to do. It leaves no prompt behind when ctx ends.
func (m *Meter) generate(ctx context.Context, offer workflow.Offer, purpose string) (generation, error) {
	ctx, cancel := m.Engine.Bind(ctx)
	defer cancel()
	if err := m.waitIdle(ctx); err != nil {
		return generation{}, err
	}
	id := uuid.NewString()
	name := purpose + "-" + id[:8]
	filled, values, err := m.fill(offer, id, name)
	if err != nil {
		return generation{}, err
	}
	graph, err := filled.MarshalJSON()
	if err != nil {
		return generation{}, err
	}
	run := m.Client.Track(id)
	defer run.Close()
	learning := m.Learned.Posts(offer, values, 0)
	began := time.Now()
	if err := m.Client.Submit(ctx, comfy.Prompt{ID: id, Graph: graph, Workflow: offer.Page(graph)}); err != nil {
		return generation{}, causeOf(ctx, comfy.Explain(err))
	}
	m.Loads(offer)
	noted := false
	outcome, err := run.Wait(ctx, func(p comfy.Progress) {
		if p.Running && !noted {
			noted = true
			m.Engine.Working()
		}
	})
	took := time.Since(began)
	if err != nil {
		m.takeBack(ctx, id, run)
		return generation{}, causeOf(ctx, err)
	}
	defer m.remove(outcome.Files)
	switch outcome.Kind {
	case comfy.Succeeded:
		cached := fresh.Cached(filled, offer.Info(), outcome.CachedNodes)
		learning.Measured(learned.EndOf(run.Times(), outcome, took))
		return generation{took: took, cached: cached, bad: m.judge(ctx, offer, name, outcome)}, nil
	case comfy.Failed:
		return generation{}, fmt.Errorf("the generation failed: %w", outcome.Error)
	default:
		return generation{}, fmt.Errorf("the generation was %v", outcome.Kind)
	}
}

// fill makes the graph of a run that ComfyUI has not seen, as far as the workflow lets it, and gives the values that it has.
func (m *Meter) fill(offer workflow.Offer, id, name string) (*graph.Graph, workflow.Values, error) {
	given := workflow.Values{}
	if in := offer.Form.Named(workflow.PromptInput); in != nil && !in.Hidden {
		given[in.Name] = workflow.Text(m.WarmupPrompt + ", " + id[:8])
	}
	values := offer.Complete(given, random)
	var varied []string
	for i := range offer.Form.Inputs {
		in := &offer.Form.Inputs[i]
		if _, set := values[in.Name]; set && (in.Role == form.Prompt || in.Kind == form.Seed) {
			for _, t := range in.Targets {
				varied = append(varied, t.Node)
			}
		}
	}
	parsed, err := jsontree.Parse(offer.Fill(values, name, time.Now(), rand.Float64))
	if err != nil {
		return nil, nil, err
	}
	object, _ := parsed.(*jsontree.Object)
	filled, err := graph.Parse(object)
	if err != nil {
		return nil, nil, err
	}
	return fresh.Vary(filled, offer.Info(), varied, rand.Float64), values, nil
}

// errUnfit says that there is nothing to measure.
var errUnfit = errors.New("this ComfyUI cannot run the workflow")

// random draws a number below n, of all numbers when n is 0.
func random(n uint64) uint64 {
	if n == 0 {
		return rand.Uint64()
	}
	return rand.Uint64N(n)
}

// waitIdle waits for prompts that somebody else has started: behind them nothing can be measured.
func (m *Meter) waitIdle(ctx context.Context) error {
	for told := false; !m.idle(ctx); told = true {
		if !told {
			m.Log.Info("the measurement waits: ComfyUI is at work on something else", "worker", m.Worker)
			m.setBenchmarking("ComfyUI is at work on something else; a generation is measured when it is done")
		}
		if sleep(ctx, m.Pace.Look); ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// takeBack takes a prompt back and waits until ComfyUI has dropped it, also after ctx has ended.
func (m *Meter) takeBack(ctx context.Context, id string, run *comfy.Run) {
	ctx, unbind := m.Engine.Bind(context.WithoutCancel(ctx))
	defer unbind()
	ctx, cancel := context.WithTimeout(ctx, cancelLimit)
	defer cancel()
	if err := m.Client.Cancel(ctx, id); err != nil {
		return // it cannot be reached, or has ended
	}
	if outcome, err := run.Wait(ctx, nil); err == nil {
		m.remove(outcome.Files)
	}
}

// remove deletes what a measurement wrote, where the service can reach it.
func (m *Meter) remove(files []comfy.File) {
	for _, file := range files {
		if name := file.Path(); name != "" && m.OutputDir != "" {
			_ = os.Remove(filepath.Join(m.OutputDir, filepath.FromSlash(name))) // it is only litter
		}
	}
}

// causeOf prefers the end of the process, if that is why something failed.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
