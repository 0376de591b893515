package workflow

import (
	"fmt"
	"math"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

func refusesInteger(in *form.Input, value int64) string {
	low, high := integers(in)
	if value < low || value > high {
		return "must be " + span(in)
	}
	step, err := in.Step.Int64()
	if err != nil || step < 2 {
		return ""
	}
	if in.Min == "" {
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

// integers returns the limits of a whole number.
func integers(in *form.Input) (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if n, err := in.Min.Int64(); err == nil {
		low = n
	}
	if n, err := in.Max.Int64(); err == nil {
		high = n
	}
	return low, high
}

func refusesNumber(in *form.Input, value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "must be a finite number"
	}
	if low, err := in.Min.Float64(); err == nil && value < low {
		return "must be " + span(in)
	}
	if high, err := in.Max.Float64(); err == nil && value > high {
		return "must be " + span(in)
	}
	return ""
}

// span is the range of a number in words.
func span(in *form.Input) string {
	switch {
	case in.Min != "" && in.Max != "":
		return fmt.Sprintf("from %s to %s", in.Min, in.Max)
	case in.Min != "":
		return "at least " + string(in.Min)
	case in.Max != "":
		return "at most " + string(in.Max)
	default:
		return wants(in)
	}
}
