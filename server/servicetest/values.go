package servicetest

import pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"

// Prompt returns the inputs of a booking that names nothing but its prompt.
func Prompt(text string) map[string]*pb.InputValue {
	return map[string]*pb.InputValue{"prompt": Text(text)}
}

// Text returns a text, or one of a list of choices, as the value of an input.
func Text(text string) *pb.InputValue { return &pb.InputValue{Value: &pb.InputValue_Text{Text: text}} }

// Seed returns a seed as the value of an input.
func Seed(seed uint64) *pb.InputValue { return &pb.InputValue{Value: &pb.InputValue_Seed{Seed: seed}} }

// Integer returns a whole number as the value of an input.
func Integer(n int64) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: n}}
}
