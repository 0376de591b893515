package fitness

import (
	"fmt"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
)

// CheckForm returns in which a kept form does not fit the classes: prompts that would go into numbers, say. Where somebody wrote the
// form by hand nothing else has looked at that.
func CheckForm(f *form.Form, g *graph.Graph, info *objectinfo.Info) (found []Problem) {
	for i := range f.Inputs {
		in := &f.Inputs[i]
		var first *objectinfo.Input
		for _, t := range in.Targets {
			n := g.Node(t.Node)
			if n == nil || t.Position {
				continue
			}
			class := info.Class(n.Class)
			if class == nil {
				continue
			}
			spec := input(n, class.Inputs, "", t.Field)
			if spec == nil || spec.Widget == "" {
				continue
			}
			if first == nil {
				first = spec
			}
			if needs, fits := fitsInto(in, first, spec); !fits {
				found = append(found, about(n, Problem{
					Kind:  Other,
					Field: t.Field,
					Text:  fmt.Sprintf("takes %s in the field %s, which the input %s sets; it needs %s", takes(spec), t.Field, in.Name, needs),
				}))
			}
		}
	}
	return found
}

// Unmet returns the problems without those that a booking makes good: the graph names a file that is missing, and the form asks for one.
func Unmet(problems []Problem, f *form.Form) []Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p Problem) bool {
		return p.Kind == MissingFile && slices.ContainsFunc(f.Inputs, func(in form.Input) bool {
			return !in.Hidden && slices.ContainsFunc(in.Targets, func(t form.Target) bool {
				return t.Node == p.NodeID && t.Field == p.Field
			})
		})
	})
}

// fitsInto tells whether a field can take what an input gives.
func fitsInto(in *form.Input, first, spec *objectinfo.Input) (needs string, fits bool) {
	number := func(i *objectinfo.Input) bool { return i.Type == objectinfo.Int || i.Type == objectinfo.Float }
	switch {
	case in.Role == form.Prompt || in.Role == form.NegativePrompt:
		return "text", spec.Type == objectinfo.String || spec.Type == objectinfo.Combo && spec.Choices == nil
	case in.Role == form.SeedRole:
		return "a whole number", number(spec)
	}
	return "the same kind of value everywhere", spec.Widget == first.Widget || number(spec) && number(first)
}

// takes is the kind of values that a field takes, in words.
func takes(spec *objectinfo.Input) string {
	switch spec.Type {
	case objectinfo.Int:
		return "a whole number"
	case objectinfo.Float:
		return "a number"
	case objectinfo.Boolean:
		return "true or false"
	case objectinfo.String:
		return "text"
	}
	return "one of its choices"
}
