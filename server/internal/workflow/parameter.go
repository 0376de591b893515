package workflow

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
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
	Min     json.Number // inclusive, whole and within int64 with KindInteger; empty: none
	Max     json.Number // inclusive, likewise
	Step    float64     // distance between allowed whole numbers, counted from Min; 0: any
	Choices []string    // with KindChoice
	Default Value
}

// Check says in words why the parameter cannot take the value, or nothing when it can.
func (p Parameter) Check(value Value) (problem string) {
	switch value := value.(type) {
	case Integer:
		if p.Kind == KindInteger {
			return p.checkInteger(int64(value))
		}
		if p.Kind == KindNumber {
			return p.checkNumber(float64(value))
		}
	case Number:
		if p.Kind == KindNumber {
			return p.checkNumber(float64(value))
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

func (p Parameter) checkInteger(value int64) string {
	low, high := p.integers()
	if value < low || value > high {
		return "must be " + p.Range()
	}
	step := int64(p.Step)
	if step < 2 {
		return ""
	}
	if p.Min == "" {
		low = 0
	}
	past := ((value%step-low%step)%step + step) % step
	if past == 0 {
		return ""
	}
	below := value - past
	if below > high-step {
		return fmt.Sprintf("must be in steps of %d: %d", step, below)
	}
	return fmt.Sprintf("must be in steps of %d: %d or %d", step, below, below+step)
}

// integers are the limits of a whole number.
func (p Parameter) integers() (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if n, err := p.Min.Int64(); err == nil {
		low = n
	}
	if n, err := p.Max.Int64(); err == nil {
		high = n
	}
	return low, high
}

func (p Parameter) checkNumber(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "must be a finite number"
	}
	low, high := p.Bounds()
	if (low != nil && value < *low) || (high != nil && value > *high) {
		return "must be " + p.Range()
	}
	return ""
}

// Bounds are Min and Max as floating-point numbers, nil for none. A whole number that these cannot hold is rounded to
// the inside of the range.
func (p Parameter) Bounds() (low, high *float64) {
	if f, err := p.Min.Float64(); err == nil {
		low = &f
		if n, err := p.Min.Int64(); err == nil && p.Kind == KindInteger && compare(f, n) < 0 {
			f = math.Nextafter(f, math.Inf(1))
		}
	}
	if f, err := p.Max.Float64(); err == nil {
		high = &f
		if n, err := p.Max.Int64(); err == nil && p.Kind == KindInteger && compare(f, n) > 0 {
			f = math.Nextafter(f, math.Inf(-1))
		}
	}
	return low, high
}

// compare tells exactly whether f is below (-1), at (0) or above (1) n.
func compare(f float64, n int64) int {
	return new(big.Rat).SetFloat64(f).Cmp(new(big.Rat).SetInt64(n))
}

// Range is the range of a number in words.
func (p Parameter) Range() string {
	switch {
	case p.Min != "" && p.Max != "":
		return fmt.Sprintf("from %s to %s", p.Min, p.Max)
	case p.Min != "":
		return "at least " + string(p.Min)
	case p.Max != "":
		return "at most " + string(p.Max)
	default:
		return p.Kind.String()
	}
}

func (p Parameter) checkChoice(value string) string {
	if slices.Contains(p.Choices, value) {
		return ""
	}
	if len(p.Choices) == 0 {
		return "has nothing to choose from on this ComfyUI"
	}
	return "must be one of " + list(p.Choices)
}

// list names the first few.
func list(texts []string) string {
	const shown = 10
	if len(texts) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:shown], ", "), len(texts)-shown)
	}
	return strings.Join(texts, ", ")
}
