package simulator

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/nodes"
)

// result is the outcome of a node: the values of its outputs, the files and texts that it shows, and the first text above.
type result struct {
	nodes.Result
	words string
}

// resultCache holds the results of the previous prompt's nodes by their keys.
type resultCache map[string]result

// execution is the run of one prompt.
type execution struct {
	*server
	prompt  *prompt
	number  int // of the run, from 1
	client  string
	manners Misbehaviours
	cache   resultCache
	memory  *modelMemory

	ruined   *raised // what the run fails with at its first node; nil: nothing
	keys     map[string]string
	trouble  string // the node at which misbehaviour strikes
	executed []string
	states   map[string]*nodeState
	messages [][2]any
	outputs  map[string]any
	metas    map[string]meta
	outcome  string // "success", "error" or "interrupted"
}

func newExecution(s *server, p *prompt, number int, cache resultCache, kept *modelMemory) *execution {
	return &execution{
		server:   s,
		prompt:   p,
		number:   number,
		client:   p.clientID(),
		manners:  s.mannersFor(p, number),
		cache:    cache,
		memory:   kept,
		executed: []string{},
		states:   map[string]*nodeState{},
		outputs:  map[string]any{},
		metas:    map[string]meta{},
		outcome:  "success",
	}
}

// errInterrupted ends a run that was asked to stop.
var errInterrupted = errors.New("interrupted")

// raised is an exception inside a node.
type raised = nodes.Exception

// do runs the graph. A run that fails or is interrupted is no error; what ends the process
// or kills the executor is.
func (e *execution) do(ctx context.Context) error {
	e.message("execution_start", object{}, false)
	keys, err := e.prompt.graph.Keys(e.stamp)
	if err != nil {
		return err
	}
	e.keys = keys
	e.forgetOthers()
	cached := []string{}
	for _, node := range e.prompt.graph.Nodes {
		if e.isCached(node.ID) {
			cached = append(cached, node.ID)
		}
	}
	e.message("execution_cached", object{"nodes": cached}, false)

	order := e.catalogue.RunOrder(e.prompt.graph, e.prompt.outputs, e.isCached)
	e.trouble = e.troubleSpot(order)
	for _, id := range order {
		node := e.prompt.graph.Node(id)
		if err := e.step(ctx, node); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			e.fail(node, err)
			return nil
		}
	}
	e.message("execution_success", object{}, false)
	return nil
}

// stamp adds a file's state to the key of the node that reads it.
func (e *execution) stamp(node *graph.Node) string {
	input := nodes.ReadsFile(node.Class)
	if input == "" {
		return ""
	}
	name, _ := node.Input(input)
	text, _ := name.(string)
	_, state := e.inputFile(text)
	return state
}

// forgetOthers drops the results that this prompt has no use for.
func (e *execution) forgetOthers() {
	wanted := slices.Collect(maps.Values(e.keys))
	maps.DeleteFunc(e.cache, func(key string, _ result) bool { return !slices.Contains(wanted, key) })
}

func (e *execution) isCached(id string) bool {
	_, ok := e.cache[e.keys[id]]
	return ok
}

// step runs a node, or shows the result of a cached output.
func (e *execution) step(ctx context.Context, node *graph.Node) error {
	if r, ok := e.cache[e.keys[node.ID]]; ok {
		e.show(node.ID, r)
		e.progress(node.ID, 1, 1, stateFinished)
		return nil
	}
	e.progress(node.ID, float(0), float(1), stateRunning)
	e.current.enter(node.ID)
	e.toClient("executing", object{"node": node.ID, "display_node": node.ID, "prompt_id": e.prompt.id})
	if e.isInterrupted() {
		return errInterrupted
	}
	if e.ruined != nil {
		return e.ruined
	}
	r, err := e.run(ctx, node)
	if err != nil {
		return err
	}
	e.cache[e.keys[node.ID]] = r
	e.show(node.ID, r)
	e.executed = append(e.executed, node.ID)
	e.finish(node.ID)
	return nil
}

// isInterrupted looks for an interrupt; a long node hears none.
func (e *execution) isInterrupted() bool {
	return e.current.isInterrupted() && !e.manners.has("deaf")
}

func (e *execution) show(id string, r result) {
	if r.Shown == nil {
		return
	}
	e.outputs[id] = r.Shown
	e.metas[id] = meta{NodeID: id, DisplayNode: id, RealNodeID: id}
	e.toClient("executed", object{"node": id, "display_node": id, "output": r.Shown, "prompt_id": e.prompt.id})
}

func (e *execution) fail(node *graph.Node, err error) {
	e.outcome = "error"
	data := object{"node_id": node.ID, "node_type": node.Class, "executed": e.executed}
	var exception *raised
	if !errors.As(err, &exception) {
		e.outcome = "interrupted"
		e.logf("Processing interrupted")
		e.message("execution_interrupted", data, true)
		return
	}
	e.logf("!!! Exception during processing !!! %s", exception.Message)
	inputs := object{}
	for _, input := range node.Inputs {
		inputs[input.Name] = []any{input.Value}
		if _, linked := graph.AsLink(input.Value); linked {
			inputs[input.Name] = []any{"simulated"}
		}
	}
	ids := []string{}
	for _, other := range e.prompt.graph.Nodes {
		ids = append(ids, other.ID)
	}
	maps.Copy(data, object{
		"exception_message": exception.Message + "\n",
		"exception_type":    exception.Kind,
		"traceback":         []string{"  simulated node " + node.Class + "\n"},
		"current_inputs":    inputs,
		"current_outputs":   ids,
	})
	e.message("execution_error", data, false)
}

// message sends an event of the run and keeps it for the history. It goes to the run's
// client, and to everybody when there is none and broadcast says so.
func (e *execution) message(event string, data object, broadcast bool) {
	data["prompt_id"], data["timestamp"] = e.prompt.id, time.Now().UnixMilli()
	e.messages = append(e.messages, [2]any{event, data})
	if e.client != "" || broadcast {
		e.hub.sendText(e.client, event, data)
	}
}

// toClient sends an event to the run's client alone.
func (e *execution) toClient(event string, data object) {
	if e.client != "" {
		e.hub.sendText(e.client, event, data)
	}
}

func (e *execution) entry() *entry {
	outcome := "success"
	if e.outcome != "success" {
		outcome = "error" // ComfyUI's history calls an interrupt that too
	}
	return &entry{
		Prompt:  e.prompt,
		Outputs: e.outputs,
		Meta:    e.metas,
		Status:  status{StatusStr: outcome, Completed: e.outcome == "success", Messages: e.messages},
	}
}
