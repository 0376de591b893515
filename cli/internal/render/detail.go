package render

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// JobDetail prints everything about a job, one "name: value" line each; the prompt comes last.
func JobDetail(io *term.Streams, clock when.Clock, j *pb.Job, owner string) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(io.Out, "%s %s\n", io.Faint(fmt.Sprintf("%-10s", name+":")), value)
		}
	}
	status := StatusCell(io, j)
	line("job", j.GetId())
	line("status", status.Style(status.Text))
	line("delay", term.Line(j.GetDelay().GetReason()))
	if j.GetDelay() != nil {
		line("booked for", clock.Stamp(j.GetDelay().GetBookedStartMs()))
	}
	line("error", io.Red(term.Line(ErrorText(j))))
	line("start", promised(clock.Stamp(api.StartMS(j)), j))
	line("end", clock.Stamp(api.EndMS(j)))
	line("length", when.Millis(j.GetDurationMs()))
	line("user", term.Line(owner))
	line("worker", j.GetWorkerId())
	line("workflow", j.GetWorkflowId())
	line("progress", ProgressText(j.GetProgress()))
	line("seed", seed(j))
	for _, name := range slices.Sorted(maps.Keys(j.GetInputs())) {
		if name != "prompt" && name != "seed" { // these have lines of their own
			line(term.Line(name), term.Line(form.ValueText(j.GetInputs()[name])))
		}
	}
	line("created", stamp(clock, j.GetCreatedAtMs()))
	line("started", stamp(clock, j.GetStartedAtMs()))
	line("finished", stamp(clock, j.GetFinishedAtMs()))
	if j.GetStartedAtMs() > 0 && j.GetFinishedAtMs() > j.GetStartedAtMs() {
		line("took", when.Millis(j.GetFinishedAtMs()-j.GetStartedAtMs()))
	}
	if j.GetAttempt() > 1 {
		line("attempt", strconv.Itoa(int(j.GetAttempt())))
	}
	line("version", strconv.FormatInt(j.GetVersion(), 10))
	for _, r := range j.GetResults() {
		line("result", term.Line(r.GetFilename()+r.GetText()))
	}
	line("prompt", strings.ReplaceAll(term.Block(Prompt(j)), "\n", "\n"+strings.Repeat(" ", 11)))
}

// ErrorText says why a job failed; empty when it did not.
func ErrorText(j *pb.Job) string {
	e := j.GetError()
	if e == nil {
		return ""
	}
	if e.GetNodeId() != "" {
		return fmt.Sprintf("%s (node %s)", e.GetMessage(), e.GetNodeId())
	}
	return e.GetMessage()
}

// ProgressText tells the progress of a running job; empty when nothing is known.
func ProgressText(p *pb.JobProgress) string {
	if p == nil {
		return ""
	}
	text := term.Line(p.GetNodeTitle())
	if text == "" && p.GetNodeId() != "" {
		text = "node " + term.Line(p.GetNodeId())
	}
	if p.GetTotal() > 0 {
		text = fmt.Sprintf("%s %d/%d", text, p.GetStep(), p.GetTotal())
	}
	return strings.TrimSpace(text)
}

func seed(j *pb.Job) string {
	if j.Seed == nil {
		return ""
	}
	return strconv.FormatUint(j.GetSeed(), 10)
}

func stamp(clock when.Clock, ms int64) string {
	if ms == 0 {
		return ""
	}
	return clock.Stamp(ms)
}
