package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxTextBytes bounds a text, in bytes: the schema's rule for InputValue.text.
const maxTextBytes = 16 << 10

// inputsFromProto reads the values of a request.
func inputsFromProto(values map[string]*pb.InputValue) workflow.Values {
	in := workflow.Values{}
	for name, value := range values {
		switch v := value.GetValue().(type) {
		case *pb.InputValue_Text:
			in[name] = workflow.Text(v.Text)
		case *pb.InputValue_Seed:
			in[name] = workflow.Seed(v.Seed)
		case *pb.InputValue_Integer:
			in[name] = workflow.Integer(v.Integer)
		case *pb.InputValue_Number:
			in[name] = workflow.Number(v.Number)
		case *pb.InputValue_Boolean:
			in[name] = workflow.Boolean(v.Boolean)
		case *pb.InputValue_File:
			in[name] = workflow.File{Input: v.File.GetInputFile(), Asset: v.File.GetAssetId()}
		}
	}
	return in
}

func inputsToProto(j job.Job) map[string]*pb.InputValue {
	out := make(map[string]*pb.InputValue, len(j.Inputs))
	for name, v := range j.Inputs {
		out[name] = valueToProto(v)
	}
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
	case workflow.Seed:
		return &pb.InputValue{Value: &pb.InputValue_Seed{Seed: uint64(v)}}
	case workflow.File:
		file := &pb.FileValue{Source: &pb.FileValue_InputFile{InputFile: v.Input}}
		if v.Asset != "" {
			file.Source = &pb.FileValue_AssetId{AssetId: v.Asset}
		}
		return &pb.InputValue{Value: &pb.InputValue_File{File: file}}
	default:
		return nil
	}
}
