package form_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// What is shown of a value is what --set takes for it.
func TestAValueIsReadAsItIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var input pb.Input
		var value pb.InputValue
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			input.Kind = &pb.Input_Integer{Integer: &pb.IntegerInput{}}
			value.Value = &pb.InputValue_Integer{Integer: rapid.Int64().Draw(t, "integer")}
		case 1:
			input.Kind = &pb.Input_Number{Number: &pb.NumberInput{}}
			value.Value = &pb.InputValue_Number{Number: rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "number")}
		case 2:
			input.Kind = &pb.Input_Boolean{Boolean: &pb.BooleanInput{}}
			value.Value = &pb.InputValue_Boolean{Boolean: rapid.Bool().Draw(t, "boolean")}
		case 3:
			input.Kind = &pb.Input_Seed{Seed: &pb.SeedInput{}}
			value.Value = &pb.InputValue_Seed{Seed: rapid.Uint64().Draw(t, "seed")}
		case 4:
			input.Kind = &pb.Input_File{File: &pb.FileInput{}}
			value.Value = form.File("a/" + rapid.String().Draw(t, "file")).GetValue()
		default:
			input.Kind = &pb.Input_Choice{Choice: &pb.ChoiceInput{}}
			value.Value = form.Text(rapid.String().Draw(t, "text")).GetValue()
		}
		got, err := form.Parse(&input, form.ValueText(&value))
		if err != nil || !proto.Equal(got, &value) {
			t.Fatalf("%v read as %v, %v", &value, got, err)
		}
	})
}

func TestNearest(t *testing.T) {
	names := []string{"prompt", "negative_prompt", "steps", "cfg", "sampler_name", "width", "height"}
	for word, want := range map[string]string{
		"stepz":   "steps",
		"STEPS":   "steps",
		"sampler": "sampler_name",
		"cgf":     "cfg",
		"heigth":  "height",
		"promt":   "prompt",
		"lora":    "",
		"":        "",
	} {
		if got := form.Nearest(word, names); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}

func TestHasNamesSomeOfManyInputs(t *testing.T) {
	many := &pb.Workflow{}
	for range 30 {
		many.Inputs = append(many.Inputs, &pb.Input{Name: "lora"})
	}
	if got := form.Has(many, "x"); !strings.HasSuffix(got, ", 10 more") {
		t.Error(got)
	}
	if got := form.Has(&pb.Workflow{}, "x"); got != "it has no inputs" {
		t.Error(got)
	}
}

func TestTakes(t *testing.T) {
	for want, input := range map[string]*pb.Input{
		"1 to 50":         {Kind: &pb.Input_Integer{Integer: &pb.IntegerInput{Min: proto.Int64(1), Max: proto.Int64(50), Step: 1}}},
		"from 16 by 16":   {Kind: &pb.Input_Integer{Integer: &pb.IntegerInput{Min: proto.Int64(16), Step: 16}}},
		"up to 1 by 0.01": {Kind: &pb.Input_Number{Number: &pb.NumberInput{Max: proto.Float64(1), Step: 0.01}}},
		"any number":      {Kind: &pb.Input_Number{Number: &pb.NumberInput{}}},
		"a, b":            {Kind: &pb.Input_Choice{Choice: &pb.ChoiceInput{Choices: []string{"a", "b"}}}},
		"any":             {Kind: &pb.Input_Seed{Seed: &pb.SeedInput{Max: math.MaxUint64}}},
		"0 to 4294967295": {Kind: &pb.Input_Seed{Seed: &pb.SeedInput{Max: math.MaxUint32}}},
		"one line":        {Kind: &pb.Input_Text{Text: &pb.TextInput{}}},
	} {
		if got := form.Takes(input); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Each role has a word, and each word is read as its role.
func TestRolesHaveWords(t *testing.T) {
	for _, word := range form.Roles() {
		role, ok := form.ParseRole(word)
		if shown := form.Role(role); !ok || shown != word && (word != "none" || shown != "") {
			t.Errorf("%q is %v, %q", word, role, shown)
		}
	}
	if _, ok := form.ParseRole("unspecified"); ok {
		t.Error("a role that is none has a word")
	}
}
