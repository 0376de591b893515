package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// isBlank reports whether a prompt is empty to the eye.
func isBlank(prompt string) bool {
	return !strings.ContainsFunc(prompt, func(r rune) bool {
		switch r {
		case '\u2800', '\u3164', '\u115F', '\u1160', '\uFFA0': // letters and signs that show nothing
			return false
		}
		return !unicode.In(r, unicode.Z, unicode.C, unicode.M)
	})
}

// Validate says everything that is wrong with the values of a booking: fault.InvalidFields, or nil.
func (o Offer) Validate(given Values) error {
	wrong := o.check(given)
	for i := range o.Form.Inputs {
		in := &o.Form.Inputs[i]
		if _, is := given[in.Name]; is || in.Hidden || in.Optional || in.Kind == form.Seed || initial(in) != nil {
			continue
		}
		if in.Role == form.Prompt {
			wrong.Add("inputs", in.Name, emptyPrompt)
		} else {
			wrong.Add("inputs", in.Name, "is missing: give "+wants(in))
		}
	}
	return wrong.Err()
}

// Check says everything that is wrong with some values, whatever else a booking needs: fault.InvalidFields, or nil.
func (o Offer) Check(some Values) error {
	wrong := o.check(some)
	return wrong.Err()
}

// CheckKnown is Check of those values that the form has: a job that was booked with another version may have others.
func (o Offer) CheckKnown(values Values) error {
	var wrong fault.Fields
	for name, value := range values {
		if in := o.Form.Named(name); in != nil && !in.Hidden {
			o.checkOne(&wrong, in, value)
		}
	}
	inOrder(wrong)
	return wrong.Err()
}

const emptyPrompt = "must not be empty: describe the picture"

func (o Offer) check(values Values) (wrong fault.Fields) {
	for name, value := range values {
		if in := o.Form.Named(name); in == nil || in.Hidden {
			wrong.Add("inputs", name, "the workflow has no such input"+o.names())
		} else {
			o.checkOne(&wrong, in, value)
		}
	}
	inOrder(wrong)
	return wrong
}

func (o Offer) checkOne(wrong *fault.Fields, in *form.Input, value Value) {
	if problem := refuses(in, value); problem != "" {
		wrong.Add("inputs", in.Name, problem)
	} else if file, is := value.(File); is && o.lacks(file) {
		wrong.Add("inputs", in.Name, "there is no file "+strconv.Quote(file.Input)+" in ComfyUI's input folder")
	}
}

// inOrder sorts by name what is wrong: values have no order of their own.
func inOrder(wrong fault.Fields) {
	slices.SortFunc(wrong, func(a, b fault.Field) int { return strings.Compare(a.Key, b.Key) })
}

// lacks reports whether a file is known not to be there.
func (o Offer) lacks(f File) bool { return f.Input != "" && o.HasFile != nil && !o.HasFile(f.Input) }

// names continues a sentence with the names of all inputs.
func (o Offer) names() string {
	var names []string
	for _, in := range o.Form.Inputs {
		if !in.Hidden {
			names = append(names, in.Name)
		}
	}
	if len(names) == 0 {
		return "; it has none"
	}
	return "; it has " + strings.Join(names, ", ")
}

// wants says what an input takes.
func wants(in *form.Input) string {
	switch in.Kind {
	case form.Integer:
		return "a whole number"
	case form.Number:
		return "a number"
	case form.Text:
		return "text"
	case form.Boolean:
		return "true or false"
	case form.Choice:
		return "one of its choices"
	case form.Seed:
		return "a seed: a whole number from 0 to 18446744073709551615"
	default:
		return "a file"
	}
}

// refuses says in words why an input cannot take a value, or nothing when it can.
func refuses(in *form.Input, value Value) string {
	switch value := value.(type) {
	case Integer:
		if in.Kind == form.Integer {
			return refusesInteger(in, int64(value))
		}
		if in.Kind == form.Number {
			return refusesNumber(in, float64(value))
		}
	case Number:
		if in.Kind == form.Number {
			return refusesNumber(in, float64(value))
		}
	case Seed:
		if low, high := seeds(in); in.Kind == form.Seed {
			if uint64(value) < low || uint64(value) > high {
				return fmt.Sprintf("must be from %d to %d", low, high)
			}
			return ""
		}
	case Text:
		switch {
		case in.Kind == form.Text && in.Role == form.Prompt && !in.Optional && isBlank(string(value)):
			return emptyPrompt
		case in.Kind == form.Text:
			return ""
		case in.Kind == form.Choice:
			return refusesChoice(in, string(value))
		}
	case Boolean:
		if in.Kind == form.Boolean {
			return ""
		}
	case File:
		if in.Kind == form.File {
			return refusesFile(in, value)
		}
	}
	return "must be " + wants(in)
}

func refusesChoice(in *form.Input, value string) string {
	switch {
	case in.Choices == nil || slices.Contains(in.Choices, value):
		return ""
	case len(in.Choices) == 0:
		return "has nothing to choose from on this ComfyUI"
	}
	return "must be one of " + list(in.Choices)
}

// HandedFolder is the folder in ComfyUI's input folder for files that were handed in. Values name those by their ids, not by paths:
// whoever knows a path knows a hash, and that grants nothing.
const HandedFolder = "comfyscheduler"

// refusesFile looks at the path alone.
func refusesFile(in *form.Input, value File) string {
	if value.Asset != "" {
		return "" // whose it is, and of what kind, is looked up when it is booked
	}
	first, _, _ := strings.Cut(value.Input, "/")
	if strings.EqualFold(strings.TrimSpace(first), HandedFolder) {
		return "must not name a file of the folder " + HandedFolder + ", where uploaded files are; upload the file, or name it by its asset's id"
	}
	if value.Input == "" {
		if in.Optional {
			return ""
		}
		return "must name a file"
	}
	outside := strings.HasPrefix(value.Input, "/") || strings.Contains(value.Input, `\`) || strings.Contains(value.Input, ":")
	for part := range strings.SplitSeq(value.Input, "/") {
		outside = outside || part == ".." || part == ""
	}
	if outside {
		return "must be the path of a file within ComfyUI's input folder, with forward slashes"
	}
	return ""
}

// list names the first few.
func list(texts []string) string {
	const shown = 10
	if len(texts) > shown {
		return fmt.Sprintf("%s and %d more", strings.Join(texts[:shown], ", "), len(texts)-shown)
	}
	return strings.Join(texts, ", ")
}
