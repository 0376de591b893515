package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Problem is one error of ComfyUI's answer to POST /prompt.
type Problem struct {
	Type      string         `json:"type"`
	Message   string         `json:"message"`
	Details   string         `json:"details"`
	ExtraInfo map[string]any `json:"extra_info"`
}

// NodeProblems is an entry of "node_errors".
type NodeProblems struct {
	Errors           []Problem `json:"errors"`
	DependentOutputs []string  `json:"dependent_outputs"`
	ClassType        string    `json:"class_type"`
}

// NewProblem makes a problem of a whole prompt.
func NewProblem(kind, message, details string) *Problem {
	return &Problem{kind, message, details, map[string]any{}}
}

// exception stands for a Python exception inside ComfyUI's validation.
type exception struct{ kind, text string }

func (e *exception) Error() string { return e.text }

func (e *exception) problem(kind, message string, info map[string]any) Problem {
	info["exception_type"] = e.kind
	info["traceback"] = []string{}
	return Problem{kind, message, e.text, info}
}

// about makes a problem of one input.
func (i Input) about(kind, message, details string, info map[string]any) Problem {
	if info == nil {
		info = map[string]any{}
	}
	info["input_name"] = i.Name
	return Problem{kind, message, details, info}
}

func (i Input) missing() Problem {
	return i.about("required_input_missing", "Required input is missing", i.Name, nil)
}

func (i Input) badLink(value any) Problem {
	return i.about("bad_linked_input", "Bad linked input, must be a length-2 list of [node_id, slot_index]", i.Name,
		map[string]any{"input_config": i.config, "received_value": value})
}

func (i Input) mismatch(received string, link any) Problem {
	details := fmt.Sprintf("%s, received_type(%s) mismatch input_type(%s)", i.Name, received, i.typeName())
	return i.about("return_type_mismatch", "Return type mismatch between linked nodes", details,
		map[string]any{"input_config": i.config, "received_type": received, "linked_node": link})
}

func (i Input) notConvertible(value any, err error) Problem {
	details := fmt.Sprintf("%s, %s, %s", i.Name, pythonText(value), err)
	return i.about("invalid_input_type", "Failed to convert an input value to a "+i.typeName()+" value", details,
		map[string]any{"input_config": i.config, "received_value": value, "exception_message": err.Error()})
}

func (i Input) tooSmall(value any) Problem {
	return i.about("value_smaller_than_min", fmt.Sprintf("Value %s smaller than min of %s", pythonText(value), i.min), i.Name,
		map[string]any{"input_config": i.config, "received_value": value})
}

func (i Input) tooBig(value any) Problem {
	return i.about("value_bigger_than_max", fmt.Sprintf("Value %s bigger than max of %s", pythonText(value), i.max), i.Name,
		map[string]any{"input_config": i.config, "received_value": value})
}

// notInList leaves long lists out, as ComfyUI does.
func (i Input) notInList(value any) Problem {
	list, config := pythonList(i.Choices), any(i.config)
	if len(i.Choices) > 20 {
		list, config = fmt.Sprintf("(list of length %d)", len(i.Choices)), nil
	}
	return i.about("value_not_in_list", "Value not in list", fmt.Sprintf("%s: '%s' not in %s", i.Name, pythonText(value), list),
		map[string]any{"input_config": config, "received_value": value})
}

// offering is the input with what it offers now.
func (i Input) offering(choices []string) Input {
	list, err := json.Marshal(choices)
	if err != nil {
		panic(err) // a list of texts has no reason to fail
	}
	i.Choices = choices
	i.config = json.RawMessage(bytes.Replace(i.config, []byte("[]"), list, 1))
	return i
}

func (i Input) refused(why string) Problem {
	return i.about("custom_validation_failed", "Custom validation failed for node", i.Name+" - "+why, nil)
}

func (i Input) typeName() string {
	if i.Type == "" {
		return pythonList(i.Choices)
	}
	return i.Type
}

func summary(problems []Problem) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.Message + ": " + p.Details
	}
	return strings.Join(lines, "\n")
}
