package workflow

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// detail prints everything about a workflow: what it is, its form, and where it runs.
func detail(f *factory.Factory, w *pb.Workflow) error {
	s := w.GetSummary()
	d := lines{f: f, width: 9}
	text, style := state(f, s)
	d.line("workflow", s.GetId())
	d.line("title", s.GetTitle())
	d.line("about", s.GetDescription())
	d.styled("state", text, style)
	for n, problem := range unplaced(w) {
		d.line([]string{"problems", ""}[min(n, 1)], problem)
	}
	d.line("time", times(s))
	if s.GetPaid() {
		d.styled("costs", "money for each run: it calls a paid service", f.IO.Yellow)
	}
	d.line("makes", made(w))
	d.line("source", origin(w))
	d.line("version", s.GetVersion())
	d.line("tags", strings.Join(s.GetTags(), ", "))
	if path := s.GetThumbnail(); path != "" {
		if server, err := f.Server(); err == nil {
			d.line("picture", server.String()+path)
		}
	}
	if d.err != nil {
		return d.err
	}
	if err := formTable(f, w); err != nil {
		return err
	}
	return fitness(f, w)
}

// formTable prints the form below an empty line.
func formTable(f *factory.Factory, w *pb.Workflow) error {
	switch {
	case len(w.GetInputs()) == 0 && w.GetNodeCount() == 0 && !w.GetSummary().GetBookable():
		_, err := fmt.Fprint(f.IO.Out, "\nWhat it takes is known when what is missing is there.\n")
		return err
	case len(w.GetInputs()) == 0:
		_, err := fmt.Fprint(f.IO.Out, "\nIt has no inputs: a booking sets nothing.\n")
		return err
	}
	if _, err := fmt.Fprintln(f.IO.Out); err != nil {
		return err
	}
	return inputTable(f, w.GetInputs()).Print()
}

// unplaced are the problems of a workflow that no worker tells of: of one that could not be read, say.
func unplaced(w *pb.Workflow) []string {
	for _, fit := range w.GetWorkers() {
		if len(fit.GetProblems()) > 0 {
			return nil
		}
	}
	return w.GetSummary().GetProblems()
}

// times are the lengths of the slots by worker.
func times(s *pb.WorkflowSummary) string {
	var all []string
	for _, e := range s.GetEstimates() {
		text := when.Millis(e.GetSlotDurationMs()) + " on " + e.GetWorkerId()
		if e.GetBasis() == pb.EstimateBasis_ESTIMATE_BASIS_GUESS {
			text += " (a guess)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// made lists what a workflow writes, the main result first.
func made(w *pb.Workflow) string {
	var all []string
	for n, o := range w.GetOutputs() {
		text := resultKind(o.GetKind())
		node := "node " + o.GetNodeId()
		if o.GetTitle() != "" {
			node += fmt.Sprintf(" %q", o.GetTitle())
		}
		text = strings.TrimSpace(text + " (" + node + ")")
		if n == 0 && len(w.GetOutputs()) > 1 {
			text += ", the main result"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		for _, kind := range w.GetSummary().GetResults() {
			all = append(all, resultKind(kind))
		}
	}
	return strings.Join(all, "; ")
}

func resultKind(kind pb.ResultKind) string {
	word := strings.ToLower(strings.TrimPrefix(kind.String(), "RESULT_KIND_"))
	if word == "unspecified" {
		return ""
	}
	return strings.ReplaceAll(word, "_", " ")
}

// origin says where a workflow comes from.
func origin(w *pb.Workflow) string {
	text := source(w.GetSummary())
	if w.GetFilename() != "" {
		text += " of " + w.GetFilename()
	}
	if w.GetImportedBy() != "" {
		text += " by " + w.GetImportedBy()
	}
	if n := w.GetNodeCount(); n > 0 {
		text += fmt.Sprintf(", %d nodes", n)
	}
	return text
}

// hang breaks a text between words so that it fits the terminal; what goes on below is indented. Names of files and addresses
// stay whole, so that they can be copied.
func hang(text string, indent, width int) string {
	var out strings.Builder
	room := max(width-indent-1, 20)
	used := 0
	for _, word := range strings.Fields(text) {
		size := ansi.StringWidth(word)
		switch {
		case used == 0:
		case used+1+size > room:
			out.WriteString("\n" + strings.Repeat(" ", indent))
			used = 0
		default:
			out.WriteString(" ")
			used++
		}
		out.WriteString(word)
		used += size
	}
	return out.String()
}
