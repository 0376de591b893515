package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Value is the value of one input: an Integer, Number, Text, Boolean, Seed or File. A choice is a Text.
type Value interface {
	isValue()
}

// The kinds of values.
type (
	Integer int64
	Number  float64
	Text    string
	Boolean bool
	Seed    uint64
	File    struct {
		// Input is the path of a file in ComfyUI's input folder, with forward slashes.
		Input string `json:"input"`
		// Asset is the id of a file that was handed in. With neither there is no file.
		Asset string `json:"asset,omitempty"`
	}
)

func (Integer) isValue() {}
func (Number) isValue()  {}
func (Text) isValue()    {}
func (Boolean) isValue() {}
func (Seed) isValue()    {}
func (File) isValue()    {}

// Values holds values by the names of their inputs. As JSON each value carries its kind, so that an Integer and a Number with the
// same digits stay different: {"width": {"integer": 1024}}.
type Values map[string]Value

// Prompt returns the text of the input that describes what is wanted; empty where there is none.
func (v Values) Prompt() string {
	text, _ := v[PromptInput].(Text)
	return string(text)
}

// Assets returns the ids of the files that were handed in, sorted, each once.
func (v Values) Assets() (ids []string) {
	for _, value := range v {
		if file, is := value.(File); is && file.Asset != "" {
			ids = append(ids, file.Asset)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Seed returns the number that randomness starts from; false where there is none.
func (v Values) Seed() (uint64, bool) {
	seed, ok := v[SeedInput].(Seed)
	return uint64(seed), ok
}

type taggedValue struct {
	Integer *Integer `json:"integer,omitempty"`
	Number  *Number  `json:"number,omitempty"`
	Text    *Text    `json:"text,omitempty"`
	Boolean *Boolean `json:"boolean,omitempty"`
	Seed    *Seed    `json:"seed,omitempty"`
	File    *File    `json:"file,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (v Values) MarshalJSON() ([]byte, error) {
	tagged := make(map[string]taggedValue, len(v))
	for name, value := range v {
		var t taggedValue
		switch value := value.(type) {
		case Integer:
			t.Integer = &value
		case Number:
			t.Number = &value
		case Text:
			t.Text = &value
		case Boolean:
			t.Boolean = &value
		case Seed:
			t.Seed = &value
		case File:
			t.File = &value
		}
		tagged[name] = t
	}
	return json.Marshal(tagged)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Values) UnmarshalJSON(data []byte) error {
	var tagged map[string]taggedValue
	if err := json.Unmarshal(data, &tagged); err != nil {
		return err
	}
	*v = make(Values, len(tagged))
	for name, t := range tagged {
		switch {
		case t.Integer != nil:
			(*v)[name] = *t.Integer
		case t.Number != nil:
			(*v)[name] = *t.Number
		case t.Text != nil:
			(*v)[name] = *t.Text
		case t.Boolean != nil:
			(*v)[name] = *t.Boolean
		case t.Seed != nil:
			(*v)[name] = *t.Seed
		case t.File != nil:
			(*v)[name] = *t.File
		default:
			return fmt.Errorf("input %q has no value", name)
		}
	}
	return nil
}
