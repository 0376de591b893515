package workflow

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Kind is the kind of a parameter's value.
type Kind int

// The kinds of parameters. A choice is a Text out of a list.
const (
	KindInteger Kind = iota + 1
	KindNumber
	KindText
	KindBoolean
	KindChoice
)

func (k Kind) String() string {
	return [...]string{"nothing", "a whole number", "a number", "text", "true or false", "one of its choices"}[k]
}

// Parameter describes one value that a booking may set, beyond prompt and seed.
type Parameter struct {
	Name    string
	Title   string
	Kind    Kind
	Min     *float64 // inclusive; nil: none
	Max     *float64 // inclusive; nil: none
	Step    float64  // distance between allowed whole numbers, counted from Min; 0: any
	Choices []string // with KindChoice
	Default Value
}

// Check says in words why the parameter cannot take the value, or nothing when it can.
func (p Parameter) Check(value Value) (problem string) {
	switch value := value.(type) {
	case Integer:
		if p.Kind == KindNumber {
			return p.checkRange(float64(value))
		}
		if p.Kind == KindInteger {
			return p.checkRange(float64(value))
		}
	case Number:
		if p.Kind == KindNumber {
			if math.IsNaN(float64(value)) || math.IsInf(float64(value), 0) {
				return "must be a finite number"
			}
			return p.checkRange(float64(value))
		}
	case Text:
		if p.Kind == KindText {
			return ""
		}
		if p.Kind == KindChoice {
			return p.checkChoice(string(value))
		}
	case Boolean:
		if p.Kind == KindBoolean {
			return ""
		}
	}
	return fmt.Sprintf("must be %v", p.Kind)
}

func (p Parameter) checkRange(value float64) string {
	if (p.Min != nil && value < *p.Min) || (p.Max != nil && value > *p.Max) {
		return "must be " + p.Range()
	}
	if p.Kind == KindInteger && p.Step > 1 {
		base := 0.0
		if p.Min != nil {
			base = *p.Min
		}
		if math.Mod(value-base, p.Step) != 0 {
			below := base + math.Floor((value-base)/p.Step)*p.Step
			return fmt.Sprintf("must be in steps of %g: %.0f or %.0f", p.Step, below, below+p.Step)
		}
	}
	return ""
}

// Range is the range of a number in words.
func (p Parameter) Range() string {
	switch {
	case p.Min != nil && p.Max != nil:
		return fmt.Sprintf("from %s to %s", plain(*p.Min), plain(*p.Max))
	case p.Min != nil:
		return "at least " + plain(*p.Min)
	case p.Max != nil:
		return "at most " + plain(*p.Max)
	default:
		return p.Kind.String()
	}
}

func (p Parameter) checkChoice(value string) string {
	if slices.Contains(p.Choices, value) {
		return ""
	}
	const shown = 10
	if len(p.Choices) > shown {
		return fmt.Sprintf("must be one of %s and %d more", strings.Join(p.Choices[:shown], ", "), len(p.Choices)-shown)
	}
	return "must be one of " + strings.Join(p.Choices, ", ")
}

func plain(number float64) string {
	if number == math.Trunc(number) && math.Abs(number) < 1e15 {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprint(number)
}
