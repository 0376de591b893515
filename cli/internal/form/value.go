package form

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Text is a text, such as a prompt, or a choice as the value of an input.
func Text(text string) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Text{Text: text}}
}

// Seed is a seed as the value of an input.
func Seed(seed uint64) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Seed{Seed: seed}}
}

// File is a file in ComfyUI's input folder as the value of an input.
func File(name string) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_InputFile{InputFile: name}}}}
}

// Asset is a file that was handed in as the value of an input.
func Asset(id string) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_AssetId{AssetId: id}}}}
}

// Pending returns the source of a value that has yet to be handed in: a file of this machine ("@" and its path), standard input ("@-"),
// or a result ("job:" and its job). It is empty for any other value.
func Pending(v *pb.InputValue) string {
	if source := v.GetFile().GetAssetId(); isPending(source) {
		return source
	}
	return ""
}

func isPending(source string) bool {
	return strings.HasPrefix(source, "@") || strings.HasPrefix(source, "job:")
}

func integer(n int64) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: n}}
}

func number(n float64) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Number{Number: n}}
}

func boolean(b bool) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_Boolean{Boolean: b}}
}

// Parse reads a text as a value of an input. The error says what the text should have been.
func Parse(input *pb.Input, text string) (*pb.InputValue, error) {
	switch input.GetKind().(type) {
	case *pb.Input_Integer:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return integer(n), nil
		}
		return nil, fmt.Errorf("%q is not a whole number", text)
	case *pb.Input_Number:
		if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return number(n), nil
		}
		return nil, fmt.Errorf("%q is not a number", text)
	case *pb.Input_Boolean:
		switch strings.ToLower(text) {
		case "true", "yes", "on", "1":
			return boolean(true), nil
		case "false", "no", "off", "0":
			return boolean(false), nil
		}
		return nil, fmt.Errorf("%q is neither true nor false", text)
	case *pb.Input_Seed:
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			return Seed(n), nil
		}
		return nil, fmt.Errorf("%q is not a whole number from 0 to 18446744073709551615", text)
	case *pb.Input_File:
		if id, known := strings.CutPrefix(text, "asset:"); known {
			return Asset(id), nil
		}
		if isPending(text) {
			return Asset(text), nil
		}
		return File(text), nil
	}
	return Text(text), nil
}

// ValueText is a value as Parse reads it.
func ValueText(v *pb.InputValue) string {
	switch v := v.GetValue().(type) {
	case *pb.InputValue_Integer:
		return strconv.FormatInt(v.Integer, 10)
	case *pb.InputValue_Number:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	case *pb.InputValue_Boolean:
		return strconv.FormatBool(v.Boolean)
	case *pb.InputValue_Text:
		return v.Text
	case *pb.InputValue_Seed:
		return strconv.FormatUint(v.Seed, 10)
	case *pb.InputValue_File:
		return v.File.GetInputFile() + v.File.GetAssetId()
	}
	return ""
}

// Default is the value of an input that a booking leaves out; nil when there is none.
func Default(input *pb.Input) *pb.InputValue {
	switch kind := input.GetKind().(type) {
	case *pb.Input_Integer:
		if kind.Integer.Default != nil {
			return integer(kind.Integer.GetDefault())
		}
	case *pb.Input_Number:
		if kind.Number.Default != nil {
			return number(kind.Number.GetDefault())
		}
	case *pb.Input_Boolean:
		if kind.Boolean.Default != nil {
			return boolean(kind.Boolean.GetDefault())
		}
	case *pb.Input_Text:
		if kind.Text.Default != nil {
			return Text(kind.Text.GetDefault())
		}
	case *pb.Input_Choice:
		if kind.Choice.Default != nil {
			return Text(kind.Choice.GetDefault())
		}
	case *pb.Input_File:
		if kind.File.Default != nil {
			return File(kind.File.GetDefault())
		}
	}
	return nil
}
