package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// Validate says everything that is wrong with the seed and the parameters of a booking: a fault for
// fault.InvalidFields, or nil. No seed is a good one.
func (d Description) Validate(seed *uint64, values Values) error {
	var wrong fault.Fields
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parameter, known := d.parameter(name)
		if !known {
			wrong.Add("parameters", name, "the workflow has no such parameter"+d.names())
		} else if problem := parameter.Check(values[name]); problem != "" {
			wrong.Add("parameters", name, problem)
		}
	}
	if seed != nil && (*seed < d.SeedMin || *seed > d.SeedMax) {
		wrong.Add("seed", "", fmt.Sprintf("must be from %d to %d", d.SeedMin, d.SeedMax))
	}
	return wrong.Err()
}

func (d Description) parameter(name string) (Parameter, bool) {
	for _, p := range d.Parameters {
		if p.Name == name {
			return p, true
		}
	}
	return Parameter{}, false
}

// names continues a sentence with the names of all parameters, if there are any.
func (d Description) names() string {
	var names []string
	for _, p := range d.Parameters {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return "; it has " + strings.Join(names, ", ")
}
