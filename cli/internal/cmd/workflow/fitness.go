package workflow

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// fitness prints for each worker whether it can run a workflow, and what is missing, below an empty line.
func fitness(f *factory.Factory, w *pb.Workflow) error {
	if len(w.GetWorkers()) == 0 {
		return nil
	}
	var out strings.Builder
	for _, fit := range w.GetWorkers() {
		name := term.Line(fit.GetWorkerId())
		text, style := verdict(f, fit)
		if note := measurement(f, fit.GetMeasurement()); note != "" {
			text += "; " + note
		}
		fmt.Fprintf(&out, "\n%s %s", f.IO.Bold(name+":"), style(hang(term.Line(text), 4, f.IO.Width()-len(name))))
		for _, p := range fit.GetProblems() {
			fmt.Fprintf(&out, "\n  - %s", hang(term.Line(p.GetText()), 4, f.IO.Width()))
			for _, where := range whereabouts(p) {
				fmt.Fprintf(&out, "\n    %s", f.IO.Faint(term.Line(where)))
			}
		}
	}
	_, err := fmt.Fprintln(f.IO.Out, out.String())
	return err
}

// verdict says whether a worker can run a workflow.
func verdict(f *factory.Factory, fit *pb.WorkflowFitness) (text string, style func(string) string) {
	switch fit.GetState() {
	case pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_RUNS:
		return "can run it", f.IO.Green
	case pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_CANNOT_RUN:
		return "cannot run it", f.IO.Red
	case pb.WorkflowFitnessState_WORKFLOW_FITNESS_STATE_BAD_RESULT:
		return "ran it, but the result cannot be used", f.IO.Red
	}
	return "has not been asked yet", f.IO.Faint
}

// measurement says what is known from running a workflow on a worker; empty when nothing is.
func measurement(f *factory.Factory, m *pb.WorkflowMeasurement) string {
	text := ""
	switch m.GetState() {
	case pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_WAITING:
		return cmp.Or(m.GetText(), "it is measured in free time")
	case pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_RUNNING:
		return cmp.Or(m.GetText(), "it is measured now")
	case pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE, pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_BAD_RESULT:
		text = "measured"
		if m.GetMeasuredAtMs() > 0 {
			text += " " + f.Clock.Minute(m.GetMeasuredAtMs())
		}
		var took []string
		if m.GetColdMs() > 0 {
			took = append(took, when.Millis(m.GetColdMs())+" with loading")
		}
		if m.GetWarmMs() > 0 {
			took = append(took, when.Millis(m.GetWarmMs())+" without")
		}
		if len(took) > 0 {
			text += ": " + strings.Join(took, ", ")
		}
	case pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_NEVER:
		return cmp.Or(m.GetText(), "it is never measured by itself")
	}
	if m.GetText() == "" {
		return text
	}
	return strings.TrimPrefix(text+"; "+m.GetText(), "; ")
}

// whereabouts says where something missing belongs and can be had, as far as the problem's text does not.
func whereabouts(p *pb.WorkflowProblem) (lines []string) {
	var parts []string
	unless := func(said, part string) {
		if said != "" && !strings.Contains(p.GetText(), said) {
			parts = append(parts, part)
		}
	}
	unless(p.GetModelFolder(), "belongs into models/"+p.GetModelFolder())
	if n := p.GetModelBytes(); n > 0 {
		size := humanize.Bytes(uint64(n))
		unless(size, size)
	}
	unless(p.GetPack(), "node pack "+p.GetPack())
	if len(parts) > 0 {
		lines = []string{strings.Join(parts, ", ")}
	}
	if url := p.GetModelUrl(); url != "" && !strings.Contains(p.GetText(), url) {
		lines = append(lines, url)
	}
	return lines
}
