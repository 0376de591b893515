package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// inputRows are inputs for programs.
func inputRows(f *factory.Factory, inputs []*pb.Input) *render.Table {
	t := render.NewTable(f.IO)
	for _, i := range inputs {
		need := "required"
		if mayBeLeftOut(i) {
			need = "optional"
		}
		t.Row(render.Text(i.GetName()), render.Text(form.Kind(i)), render.Text(form.Role(i.GetRole())), render.Text(form.Takes(i)),
			render.Text(form.ValueText(form.Default(i))), render.Text(need), render.Text(i.GetLabel()), render.Text(i.GetHelp()))
	}
	return t
}

// mayBeLeftOut reports whether a booking may leave an input out.
func mayBeLeftOut(i *pb.Input) bool {
	return i.GetOptional() || i.GetSeed() != nil || form.Default(i) != nil
}

// inputTable is a form for people. Where hidden inputs are among them, it tells what is shown and which fields are set instead of
// what people call it.
func inputTable(f *factory.Factory, inputs []*pb.Input) *render.Table {
	const most = 30
	room := 20
	if f.IO.Width() < 100 {
		room = 14
	}
	if slices.ContainsFunc(inputs, func(i *pb.Input) bool { return i.GetHidden() || len(i.GetTargets()) > 0 }) {
		t := render.NewTable(f.IO, "NAME", "KIND", "TAKES", "DEFAULT", "SHOWN", "SETS")
		t.Names = []string{"TAKES"}
		for _, i := range inputs {
			shown := render.Text("yes")
			if i.GetHidden() {
				shown = render.Cell{Text: "no", Style: f.IO.Faint}
			}
			t.Row(render.Text(i.GetName()), render.Text(kind(i)), render.Text(cut(form.Takes(i), most)), usual(f, i, room), shown,
				render.Text(targets(i)))
		}
		return t
	}
	t := render.NewTable(f.IO, "NAME", "LABEL", "KIND", "TAKES", "DEFAULT", "HELP")
	t.Names, t.Several = []string{"LABEL", "TAKES"}, []string{"LABEL", "HELP"}
	for _, i := range inputs {
		t.Row(render.Text(i.GetName()), render.Text(label(i)), render.Text(kind(i)), render.Text(cut(form.Takes(i), most)),
			usual(f, i, room), render.Text(i.GetHelp()))
	}
	return t
}

// label is the label of an input where it says more than the name.
func label(i *pb.Input) string {
	if strings.EqualFold(strings.ReplaceAll(i.GetLabel(), " ", "_"), strings.ReplaceAll(i.GetName(), " ", "_")) {
		return ""
	}
	return i.GetLabel()
}

// kind is the kind of an input, and its role where the name does not say it.
func kind(i *pb.Input) string {
	text, role := form.Kind(i), form.Role(i.GetRole())
	if role != "" && role != strings.ReplaceAll(i.GetName(), "_", "-") {
		text += ", " + role
	}
	return text
}

// usual shows the default of an input, or says what a booking gets that leaves it out.
func usual(f *factory.Factory, i *pb.Input, most int) render.Cell {
	switch value := form.Default(i); {
	case value != nil:
		return render.Text(cut(form.ValueText(value), most))
	case i.GetSeed() != nil:
		return render.Cell{Text: "(random)", Style: f.IO.Faint}
	case i.GetOptional():
		return render.Cell{Text: "(none)", Style: f.IO.Faint}
	}
	return render.Cell{Text: "(required)", Style: f.IO.Yellow}
}

// targets are the fields of the graph that an input sets.
func targets(i *pb.Input) string {
	var fields []string
	for _, t := range i.GetTargets() {
		fields = append(fields, t.GetNodeId()+"."+t.GetField())
	}
	return strings.Join(fields, ", ")
}

// cut shortens a text to a number of characters.
func cut(text string, most int) string {
	runes := []rune(term.Line(text))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

// inputDetail prints everything about one input, one "name: value" line each, with each choice on a line of its own.
func inputDetail(f *factory.Factory, i *pb.Input) error {
	d := lines{f: f, width: 9}
	value := usual(f, i, 1000)
	d.line("input", i.GetName())
	d.line("label", i.GetLabel())
	d.line("kind", kind(i))
	if choices := offered(i); len(choices) > 0 {
		for n, choice := range choices {
			d.line([]string{"choices", ""}[min(n, 1)], choice)
		}
	} else {
		d.line("takes", form.Takes(i))
	}
	d.line("default", value.Text)
	d.line("example", i.GetText().GetExample())
	if len(i.GetTargets()) > 0 {
		d.line("sets", targets(i))
	}
	if i.GetHidden() {
		d.line("shown", "no")
	}
	d.line("help", i.GetHelp())
	return d.err
}

// offered are the texts or files that an input offers.
func offered(i *pb.Input) []string {
	return append(i.GetChoice().GetChoices(), i.GetFile().GetInputFiles()...)
}

// lines prints "name: value" lines; what does not fit the terminal goes on below the value.
type lines struct {
	f     *factory.Factory
	width int
	err   error
}

// line prints a line, unless it has no value.
func (l *lines) line(name, value string) {
	l.styled(name, value, nil)
}

// styled prints a line whose value has a style; nil for none.
func (l *lines) styled(name, value string, style func(string) string) {
	if value = term.Line(value); value == "" || l.err != nil {
		return
	}
	if name != "" {
		name += ":"
	}
	value = hang(value, l.width+1, l.f.IO.Width())
	if style != nil {
		value = style(value)
	}
	_, l.err = fmt.Fprintf(l.f.IO.Out, "%s %s\n", l.f.IO.Faint(fmt.Sprintf("%-*s", l.width, name)), value)
}
