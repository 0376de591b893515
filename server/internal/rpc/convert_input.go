package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// The domain keeps prompt and seed beside the other values; in the schema they are inputs like them, under these names.
const (
	promptInput = workflow.PromptParameter
	seedInput   = workflow.SeedParameter
)

// maxTextBytes is how long a text is at most, in bytes: the schema's rule for InputValue.text.
const maxTextBytes = 16 << 10

// inputs are the values that a request names.
type inputs struct {
	prompt *string
	seed   *uint64
	others workflow.Values
}

// inputsFromProto reads the values of a request; fault.InvalidFields for a prompt or a seed of another kind, and for files,
// which no workflow takes.
func inputsFromProto(values map[string]*pb.InputValue) (in inputs, err error) {
	var wrong fault.Fields
	in.others = workflow.Values{}
	for name, value := range values {
		switch v := value.GetValue().(type) {
		case *pb.InputValue_Text:
			if name == promptInput {
				in.prompt = &v.Text
			} else {
				in.others[name] = workflow.Text(v.Text)
			}
		case *pb.InputValue_Seed:
			if name != seedInput {
				wrong.Add("inputs", name, "is no seed, which the workflow's form would say")
			}
			in.seed = &v.Seed
		case *pb.InputValue_Integer:
			in.others[name] = workflow.Integer(v.Integer)
		case *pb.InputValue_Number:
			in.others[name] = workflow.Number(v.Number)
		case *pb.InputValue_Boolean:
			in.others[name] = workflow.Boolean(v.Boolean)
		case *pb.InputValue_File:
			wrong.Add("inputs", name, "takes no file")
		}
	}
	if _, mistyped := in.others[promptInput]; mistyped {
		wrong.Add("inputs", promptInput, "must be text")
	}
	if _, mistyped := in.others[seedInput]; mistyped {
		wrong.Add("inputs", seedInput, "must be a seed: a whole number from 0 to 18446744073709551615")
	}
	return in, wrong.Err()
}

// domain is the values as far as they are known.
func (in inputs) domain() workflow.Inputs {
	out := workflow.Inputs{Parameters: in.others}
	if in.prompt != nil {
		out.Prompt = *in.prompt
	}
	if in.seed != nil {
		out.Seed = *in.seed
	}
	return out
}

func inputsToProto(j job.Job) map[string]*pb.InputValue {
	out := make(map[string]*pb.InputValue, len(j.Parameters)+2)
	for name, v := range j.Parameters {
		out[name] = valueToProto(v)
	}
	out[promptInput] = &pb.InputValue{Value: &pb.InputValue_Text{Text: j.Prompt}}
	out[seedInput] = &pb.InputValue{Value: &pb.InputValue_Seed{Seed: j.Seed}}
	return out
}

func valueToProto(v workflow.Value) *pb.InputValue {
	switch v := v.(type) {
	case workflow.Integer:
		return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: int64(v)}}
	case workflow.Number:
		return &pb.InputValue{Value: &pb.InputValue_Number{Number: float64(v)}}
	case workflow.Text:
		return &pb.InputValue{Value: &pb.InputValue_Text{Text: string(v)}}
	case workflow.Boolean:
		return &pb.InputValue{Value: &pb.InputValue_Boolean{Boolean: bool(v)}}
	default:
		return nil
	}
}
