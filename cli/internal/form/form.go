// Package form knows the form of a workflow: its inputs by name and role, what they take, and how their values are written on
// a command line. Ranges and choices are the server's to judge.
package form

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// ByRole finds the input of a form that has a role; nil when there is none.
func ByRole(w *pb.Workflow, role pb.InputRole) *pb.Input {
	return find(w, func(i *pb.Input) bool { return i.GetRole() == role })
}

// ByName finds the input of a form that has a name; nil when there is none.
func ByName(w *pb.Workflow, name string) *pb.Input {
	return find(w, func(i *pb.Input) bool { return i.GetName() == name })
}

func find(w *pb.Workflow, wanted func(*pb.Input) bool) *pb.Input {
	i := slices.IndexFunc(w.GetInputs(), wanted)
	if i < 0 {
		return nil
	}
	return w.GetInputs()[i]
}

// Has says what a form has instead of an input that it does not have: the nearest name, and the names there are.
func Has(w *pb.Workflow, name string) string {
	const most = 20
	var names []string
	for _, i := range w.GetInputs() {
		names = append(names, i.GetName())
	}
	if len(names) == 0 {
		return "it has no inputs"
	}
	near := ""
	if similar := Nearest(name, names); similar != "" {
		near = fmt.Sprintf("did you mean %q? ", similar)
	}
	if more := len(names) - most; more > 1 {
		names = append(names[:most:most], fmt.Sprintf("%d more", more))
	}
	return near + "it has " + strings.Join(names, ", ")
}

// Nearest is the name that somebody may have meant by a word; empty when none is near.
func Nearest(word string, names []string) (nearest string) {
	word = strings.ToLower(word)
	best := max(2, len(word)/3) + 1
	for _, name := range names {
		lower := strings.ToLower(name)
		distance := levenshtein.ComputeDistance(word, lower)
		if len(word) >= 3 && (strings.Contains(lower, word) || strings.Contains(word, lower) && len(lower) >= 3) {
			distance = min(distance, 2)
		}
		if distance < best {
			best, nearest = distance, name
		}
	}
	return nearest
}
