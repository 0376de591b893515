package form

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Kind is the kind of an input in a word.
func Kind(input *pb.Input) string {
	switch kind := input.GetKind().(type) {
	case *pb.Input_Integer:
		return "integer"
	case *pb.Input_Number:
		return "number"
	case *pb.Input_Text:
		return "text"
	case *pb.Input_Boolean:
		return "boolean"
	case *pb.Input_Choice:
		return "choice"
	case *pb.Input_Seed:
		return "seed"
	case *pb.Input_File:
		return FileKind(kind.File.GetKind())
	}
	return ""
}

// FileKind is a kind of file in a word.
func FileKind(kind pb.FileKind) string {
	if kind == pb.FileKind_FILE_KIND_MODEL_3D {
		return "3d"
	}
	word := strings.ToLower(strings.TrimPrefix(kind.String(), "FILE_KIND_"))
	if word == "unspecified" {
		return "file"
	}
	return word
}

// Role is a role as a word of the command line; empty for none.
func Role(role pb.InputRole) string {
	if role == pb.InputRole_INPUT_ROLE_UNSPECIFIED {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(role.String(), "INPUT_ROLE_")), "_", "-")
}

// Roles are the words for all roles, and none.
func Roles() (words []string) {
	for n := 1; n < len(pb.InputRole_name); n++ {
		words = append(words, Role(pb.InputRole(n)))
	}
	return append(words, "none")
}

// ParseRole reads the word for a role.
func ParseRole(word string) (pb.InputRole, bool) {
	if word == "none" {
		return pb.InputRole_INPUT_ROLE_UNSPECIFIED, true
	}
	n, ok := pb.InputRole_value["INPUT_ROLE_"+strings.ToUpper(strings.ReplaceAll(word, "-", "_"))]
	return pb.InputRole(n), ok && n != 0
}

// Takes says in short which values an input takes, whatever their kind.
func Takes(input *pb.Input) string {
	switch kind := input.GetKind().(type) {
	case *pb.Input_Integer:
		k := kind.Integer
		return span(optional(k.Min, whole), optional(k.Max, whole), step(k.GetStep() > 1, whole(k.GetStep())), "any whole number")
	case *pb.Input_Number:
		k := kind.Number
		return span(optional(k.Min, decimal), optional(k.Max, decimal), step(k.GetStep() > 0, decimal(k.GetStep())), "any number")
	case *pb.Input_Text:
		if kind.Text.GetMultiline() {
			return "lines of text"
		}
		return "one line"
	case *pb.Input_Boolean:
		return "true, false"
	case *pb.Input_Choice:
		return strings.Join(kind.Choice.GetChoices(), ", ")
	case *pb.Input_Seed:
		k := kind.Seed
		if k.GetMin() == 0 && k.GetMax() == math.MaxUint64 {
			return "any"
		}
		return span(strconv.FormatUint(k.GetMin(), 10), strconv.FormatUint(k.GetMax(), 10), "", "")
	case *pb.Input_File:
		if kind.File.GetWithMask() {
			return "a file whose transparent parts are the mask"
		}
		return "a file"
	}
	return ""
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func decimal(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }

// optional is a limit as text; empty when there is none.
func optional[T any](limit *T, text func(T) string) string {
	if limit == nil {
		return ""
	}
	return text(*limit)
}

func step(matters bool, size string) string {
	if !matters {
		return ""
	}
	return " by " + size
}

// span is a range in words.
func span(low, high, step, free string) string {
	switch {
	case low != "" && high != "":
		return fmt.Sprintf("%s to %s%s", low, high, step)
	case low != "":
		return fmt.Sprintf("from %s%s", low, step)
	case high != "":
		return fmt.Sprintf("up to %s%s", high, step)
	}
	return free + step
}
