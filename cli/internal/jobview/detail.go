package jobview

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Detail prints everything about a job, one "name: value" line each; the prompt comes last.
func Detail(io *iostreams.IOStreams, clock when.Clock, j *pb.Job) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(io.Out, "%s %s\n", io.Faint(fmt.Sprintf("%-10s", name+":")), value)
		}
	}
	status := StatusCell(io, j)
	line("job", j.GetId())
	line("status", status.Style(status.Text))
	line("delay", plaintext.Line(j.GetDelay().GetReason()))
	if j.GetDelay() != nil {
		line("booked for", clock.Stamp(j.GetDelay().GetBookedTimeSlot()))
	}
	line("error", io.Red(plaintext.Line(ErrorText(j))))
	line("start", clock.Stamp(j.GetTimeSlot()))
	line("end", clock.Stamp(EndMS(j)))
	line("length", when.Millis(j.GetDurationMs()))
	line("user", plaintext.Line(j.GetUserName()))
	line("worker", j.GetWorkerId())
	line("workflow", j.GetWorkflowId())
	line("progress", ProgressText(j.GetProgress()))
	line("seed", seed(j))
	for _, name := range slices.Sorted(maps.Keys(j.GetParameters())) {
		line(plaintext.Line(name), plaintext.Line(ParameterText(j.GetParameters()[name])))
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
		line("result", plaintext.Line(r.GetFilename()+r.GetText()))
	}
	line("prompt", strings.ReplaceAll(plaintext.Block(Prompt(j)), "\n", "\n"+strings.Repeat(" ", 11)))
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

// ProgressText is how far a running job is; empty when nothing is known.
func ProgressText(p *pb.JobProgress) string {
	if p == nil {
		return ""
	}
	text := plaintext.Line(p.GetNodeTitle())
	if text == "" && p.GetNodeId() != "" {
		text = "node " + plaintext.Line(p.GetNodeId())
	}
	if p.GetTotal() > 0 {
		text = fmt.Sprintf("%s %d/%d", text, p.GetStep(), p.GetTotal())
	}
	return strings.TrimSpace(text)
}

// ParameterText is a parameter's value as --set takes it.
func ParameterText(v *pb.ParameterValue) string {
	switch v := v.GetValue().(type) {
	case *pb.ParameterValue_Integer:
		return strconv.FormatInt(v.Integer, 10)
	case *pb.ParameterValue_Number:
		return strconv.FormatFloat(v.Number, 'g', -1, 64)
	case *pb.ParameterValue_Boolean:
		return strconv.FormatBool(v.Boolean)
	case *pb.ParameterValue_Text:
		return v.Text
	}
	return ""
}

func seed(j *pb.Job) string {
	if j.GetHidden() {
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
