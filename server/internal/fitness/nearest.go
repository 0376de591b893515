package fitness

import (
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// maxCompared bounds the choices that are looked at for the nearest one: each takes time.
const maxCompared = 2000

// nearest finds the choice that is most like a value, as people would see it: whatever the case, and without folders and endings.
// Empty: none is much like it.
func nearest(value string, choices []string) string {
	wanted := stem(value)
	best, limit := "", utf8.RuneCountInString(wanted)/3+1
	for _, choice := range choices[:min(len(choices), maxCompared)] {
		if d := levenshtein.ComputeDistance(wanted, stem(choice)); d < limit {
			best, limit = choice, d
		}
	}
	return best
}

// stem reduces a value to what people go by.
func stem(value string) string {
	value = strings.ToLower(baseName(value))
	for _, extension := range modelExtensions {
		value = strings.TrimSuffix(value, extension)
	}
	return strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(value)
}
