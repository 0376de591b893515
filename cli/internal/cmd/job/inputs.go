package job

import (
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// setPrompt sets the input that a form says is the prompt.
func setPrompt(w *pb.Workflow, inputs map[string]*pb.InputValue, text string) error {
	input := form.ByRole(w, pb.InputRole_INPUT_ROLE_PROMPT)
	if input == nil {
		return lacks("the prompt", "prompt", w)
	}
	if err := flags.ValidPrompt(text); err != nil {
		return err
	}
	if inputs[input.GetName()] != nil {
		return exitcode.Usagef("give one prompt: --set %s gives it, too", input.GetName())
	}
	inputs[input.GetName()] = form.Text(text)
	return nil
}

// setSeed sets the input that a form says is the seed.
func setSeed(w *pb.Workflow, inputs map[string]*pb.InputValue, seed uint64) error {
	input := form.ByRole(w, pb.InputRole_INPUT_ROLE_SEED)
	if input == nil {
		return lacks("--seed", "seed", w)
	}
	inputs[input.GetName()] = form.Seed(seed)
	return nil
}

// unread refuses a workflow whose form is not known, so that nobody is told that it takes no prompt.
func unread(w *pb.Workflow) error {
	s := w.GetSummary()
	if s.GetBookable() || len(w.GetInputs()) > 0 || len(s.GetProblems()) == 0 {
		return nil
	}
	return exitcode.Errorf(exitcode.Failure, "workflow %s cannot be booked: %s; 'comfysched workflow show %s' tells more",
		s.GetId(), s.GetProblems()[0], s.GetId())
}

// lacks says that a workflow has no input for what was given, and which it has.
func lacks(given, input string, w *pb.Workflow) error {
	return exitcode.Usagef("%s: workflow %s takes no %s; %s", given, w.GetSummary().GetId(), input, form.Has(w, input))
}
