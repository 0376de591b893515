package library

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// classOf is a node class in the words of a workflow.
func classOf(c comfy.NodeClass) workflow.Class {
	kinds := map[comfy.InputKind]workflow.Kind{
		comfy.Int:     workflow.KindInteger,
		comfy.Float:   workflow.KindNumber,
		comfy.String:  workflow.KindText,
		comfy.Boolean: workflow.KindBoolean,
		comfy.Combo:   workflow.KindChoice,
	}
	class := workflow.Class{Output: c.OutputNode, Inputs: map[string]workflow.Input{}}
	for _, input := range c.Inputs {
		kind, isValue := kinds[input.Kind]
		if !isValue {
			continue
		}
		if input.Kind == comfy.Combo && input.Choices == nil {
			kind = workflow.KindText // a list that only ComfyUI's own page fetches
		}
		class.Inputs[input.Name] = workflow.Input{
			Kind:    kind,
			Min:     input.Min,
			Max:     input.Max,
			Step:    input.Step,
			Choices: input.Choices,
			Upload:  input.Upload,
		}
	}
	return class
}
