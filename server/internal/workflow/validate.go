package workflow

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// blank are the characters that leave a prompt empty to the eye.
var blank = regexp.MustCompile(`^[\s\pZ\pC\pM\x{2800}\x{3164}\x{115F}\x{1160}\x{FFA0}]*$`)

// Validate says everything that is wrong with the prompt, the seed and the parameters of a booking: a fault for
// fault.InvalidFields, or nil. No prompt stands for one that was found good before; no seed is a good one.
func (d Description) Validate(prompt *string, seed *uint64, values Values) error {
	var wrong fault.Fields
	if prompt != nil && blank.MatchString(*prompt) {
		wrong.Add("inputs", PromptParameter, "must not be empty: describe the picture")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parameter, known := d.parameter(name)
		if !known {
			wrong.Add("inputs", name, "the workflow has no such input"+d.names())
		} else if problem := parameter.Check(values[name]); problem != "" {
			wrong.Add("inputs", name, problem)
		}
	}
	if seed != nil && (*seed < d.SeedMin || *seed > d.SeedMax) {
		wrong.Add("inputs", SeedParameter, fmt.Sprintf("must be from %d to %d", d.SeedMin, d.SeedMax))
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

// names continues a sentence with the names of all inputs.
func (d Description) names() string {
	names := []string{PromptParameter, SeedParameter}
	for _, p := range d.Parameters {
		names = append(names, p.Name)
	}
	return "; it has " + strings.Join(names, ", ")
}
