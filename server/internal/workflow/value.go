package workflow

import (
	"encoding/json"
	"fmt"
)

// Value is one parameter's value: an Integer, Number, Text or Boolean.
type Value interface {
	kind() Kind
}

// The kinds of values.
type (
	Integer int64
	Number  float64
	Text    string
	Boolean bool
)

func (Integer) kind() Kind { return KindInteger }
func (Number) kind() Kind  { return KindNumber }
func (Text) kind() Kind    { return KindText }
func (Boolean) kind() Kind { return KindBoolean }

// Values are parameter values by name. As JSON each value carries its kind, so that an Integer and a Number with the
// same digits stay different: {"width": {"integer": 1024}}.
type Values map[string]Value

type taggedValue struct {
	Integer *Integer `json:"integer,omitempty"`
	Number  *Number  `json:"number,omitempty"`
	Text    *Text    `json:"text,omitempty"`
	Boolean *Boolean `json:"boolean,omitempty"`
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
		default:
			return fmt.Errorf("parameter %q has no value", name)
		}
	}
	return nil
}
