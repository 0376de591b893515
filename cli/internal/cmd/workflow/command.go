package workflow

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// command is a command line that books a workflow, with what a booking must give.
func command(w *pb.Workflow) string {
	words := []string{"comfysched book --workflow", w.GetSummary().GetId(), "--next"}
	prompt := ""
	for _, i := range w.GetInputs() {
		switch {
		case i.GetRole() == pb.InputRole_INPUT_ROLE_PROMPT:
			prompt = `"PROMPT"`
		case !mayBeLeftOut(i):
			words = append(words, "--set", i.GetName()+"="+example(i))
		}
	}
	if prompt != "" {
		words = append(words, prompt)
	}
	return strings.Join(words, " ")
}

// example stands for the value of an input.
func example(i *pb.Input) string {
	if i.GetFile() != nil {
		return "FILE"
	}
	return strings.ToUpper(form.Kind(i))
}
