package job

import (
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var (
	errNoPrompt = exitcode.Usagef("the workflow takes no prompt")
	errNoSeed   = exitcode.Usagef("--seed: the workflow takes no seed")
)

// setPrompt sets the input that a form says is the prompt.
func setPrompt(form *pb.Workflow, inputs map[string]*pb.InputValue, text string) error {
	input := flags.Input(form, pb.InputRole_INPUT_ROLE_PROMPT)
	if input == nil {
		return errNoPrompt
	}
	if err := flags.ValidPrompt(text); err != nil {
		return err
	}
	inputs[input.GetName()] = flags.TextValue(text)
	return nil
}

// setSeed sets the input that a form says is the seed.
func setSeed(form *pb.Workflow, inputs map[string]*pb.InputValue, seed uint64) error {
	input := flags.Input(form, pb.InputRole_INPUT_ROLE_SEED)
	if input == nil {
		return errNoSeed
	}
	inputs[input.GetName()] = flags.SeedValue(seed)
	return nil
}
