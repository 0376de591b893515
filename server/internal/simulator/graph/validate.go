package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verdict is the outcome of a validation. When Refused is nil the prompt is accepted
// with the Outputs that are valid, though NodeErrors may tell of others.
type Verdict struct {
	Refused    *Problem
	NodeErrors map[string]*NodeProblems
	Outputs    []string
}

// Validate checks the nodes that outputs reach, and converts their literals in place. A
// non-nil targets limits the outputs to those ids.
func (c Catalogue) Validate(g *Graph, targets []string, offers Offers) Verdict {
	verdict := Verdict{NodeErrors: map[string]*NodeProblems{}}
	var outputs []string
	for _, node := range g.Nodes {
		where := fmt.Sprintf("Node ID '#%s'", node.ID)
		if node.Class == "" {
			verdict.Refused = NewProblem("invalid_prompt", "Cannot execute because a node is missing the class_type property.", where)
			return verdict
		}
		class := c[node.Class]
		if class == nil {
			verdict.Refused = NewProblem("invalid_prompt", fmt.Sprintf("Cannot execute because node %s does not exist.", node.Class), where)
			return verdict
		}
		if class.OutputNode && (targets == nil || slices.Contains(targets, node.ID)) {
			outputs = append(outputs, node.ID)
		}
	}
	if len(outputs) == 0 {
		verdict.Refused = NewProblem("prompt_no_outputs", "Prompt has no outputs", "")
		return verdict
	}
	v := &validator{catalogue: c, graph: g, offers: offers, checked: map[string]check{}, open: map[string]bool{}}
	var problems []Problem
	for _, id := range outputs {
		ok, own := v.output(id)
		if ok {
			verdict.Outputs = append(verdict.Outputs, id)
			continue
		}
		problems = append(problems, own...)
		v.blame(id, verdict.NodeErrors)
	}
	if len(verdict.Outputs) == 0 {
		verdict.Refused = NewProblem("prompt_outputs_failed_validation", "Prompt outputs failed validation", summary(problems))
	}
	return verdict
}

type check struct {
	ok       bool
	problems []Problem
}

type validator struct {
	catalogue Catalogue
	graph     *Graph
	offers    Offers
	checked   map[string]check
	open      map[string]bool // nodes whose check has begun and not ended
}

// errCycle ends the check of an output without blaming a node, as ComfyUI's does.
var errCycle = errors.New("dependency cycle")

func (v *validator) output(id string) (bool, []Problem) {
	err := v.node(id)
	if e := (*exception)(nil); errors.As(err, &e) {
		v.checked[id] = check{problems: []Problem{e.problem("exception_during_validation", "Exception when validating node", map[string]any{})}}
	}
	clear(v.open)
	return err == nil && v.checked[id].ok, v.checked[id].problems
}

// blame files the problems found so far under the output that depends on them.
func (v *validator) blame(output string, into map[string]*NodeProblems) {
	for id, check := range v.checked {
		if check.ok || len(check.problems) == 0 {
			continue
		}
		if into[id] == nil {
			into[id] = &NodeProblems{Errors: check.problems, ClassType: v.graph.Node(id).Class}
		}
		into[id].DependentOutputs = append(into[id].DependentOutputs, output)
	}
}

// node checks one node and what it links to. The error is an *exception or errCycle.
func (v *validator) node(id string) error {
	if _, done := v.checked[id]; done {
		return nil
	}
	if v.open[id] {
		return errCycle
	}
	v.open[id] = true
	node := v.graph.Node(id)
	if !node.HasInputs {
		return &exception{"KeyError", "'inputs'"}
	}
	result := check{ok: true}
	for _, input := range v.catalogue[node.Class].InputsOf(node) {
		problem, upstreamOK, err := v.input(node, input)
		if err != nil {
			return err
		}
		if problem != nil {
			result.problems = append(result.problems, *problem)
		}
		result.ok = result.ok && problem == nil && upstreamOK
	}
	v.checked[id] = result
	delete(v.open, id)
	return nil
}

func (v *validator) input(node *Node, input Input) (problem *Problem, upstreamOK bool, err error) {
	value, given := node.Input(input.Name)
	if !given {
		if input.Required {
			missing := input.missing()
			return &missing, true, nil
		}
		return nil, true, nil
	}
	if list, isList := value.([]any); isList {
		return v.link(input, list)
	}
	return v.literal(node, input, value), true, nil
}

func (v *validator) link(input Input, list []any) (*Problem, bool, error) {
	if len(list) != 2 {
		bad := input.badLink(list)
		return &bad, true, nil
	}
	id, _ := list[0].(string)
	from := v.graph.Node(id)
	if from == nil {
		return nil, false, &exception{"KeyError", quote(fmt.Sprint(list[0]))}
	}
	outputs := v.catalogue[from.Class].Outputs
	slot, err := json.Number(fmt.Sprint(list[1])).Int64()
	if err != nil {
		return nil, false, &exception{"TypeError", "tuple indices must be integers or slices, not str"}
	}
	if slot < 0 || slot >= int64(len(outputs)) {
		return nil, false, &exception{"IndexError", "tuple index out of range"}
	}
	if !fits(outputs[slot], input.Type) {
		mismatch := input.mismatch(outputs[slot], list)
		return &mismatch, true, nil
	}
	err = v.node(id)
	if e := (*exception)(nil); errors.As(err, &e) {
		v.checked[id] = check{
			problems: []Problem{e.problem("exception_during_inner_validation", "Exception when validating inner node",
				map[string]any{"input_name": input.Name, "input_config": input.config, "exception_message": e.text, "linked_node": list})},
		}
		return nil, false, nil
	}
	return nil, v.checked[id].ok, err
}

// fits tells whether an output can be linked to an input. Both may name several types; "*" is any.
func fits(output, input string) bool {
	if output == input || output == "*" || input == "*" {
		return true
	}
	return slices.ContainsFunc(strings.Split(output, ","), func(kind string) bool {
		return slices.Contains(strings.Split(input, ","), kind)
	})
}

func (v *validator) literal(node *Node, input Input, value any) *Problem {
	if wrapped, ok := value.(map[string]any); ok && wrapped["__value__"] != nil {
		value = wrapped["__value__"]
	}
	if choices, ok := v.offers.Choices(node.Class, input.Name); ok {
		input = input.offering(choices)
	}
	var problem Problem
	converted, err := convert(input, value)
	why, isFile := v.offers.FileProblem(node.Class, input.Name, pythonText(converted))
	switch {
	case err != nil:
		problem = input.notConvertible(value, err)
	case isFile:
		if why != "" {
			problem = input.refused(why)
		}
	case below(converted, input):
		problem = input.tooSmall(converted)
	case above(converted, input):
		problem = input.tooBig(converted)
	case input.Choices != nil && !slices.Contains(input.Choices, pythonText(converted)):
		problem = input.notInList(converted)
	}
	if problem.Type != "" {
		return &problem
	}
	node.set(input.Name, converted)
	return nil
}

func below(value any, input Input) bool {
	if input.Min == nil {
		return false
	}
	sign, ok := compare(value, input.Min)
	return ok && sign < 0
}

func above(value any, input Input) bool {
	if input.Max == nil {
		return false
	}
	sign, ok := compare(value, input.Max)
	return ok && sign > 0
}
