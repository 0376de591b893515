package render

import (
	"maps"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// JobRowHelp describes the columns of a job for programs.
const JobRowHelp = `In a pipe each job is one tab-separated line:
id, status, start, end (RFC 3339), user, worker, workflow, seed, first picture, prompt`

// StatusWord is the name of a status as the API's JSON has it, without its prefix: "scheduled".
func StatusWord(s pb.JobStatus) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "JOB_STATUS_"))
}

// StatusCell is the status as people should know it: lateness and a cancelling that is under way included.
func StatusCell(io *term.Streams, j *pb.Job) Cell {
	text := StatusWord(j.GetStatus())
	switch {
	case j.GetCancelRequested() && !api.Ended(j):
		text = "cancelling"
	case api.Ended(j) || j.GetDelay() == nil:
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_LATE:
		text += ", late"
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_OVERDUE:
		text += ", moved"
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_RETRY:
		text += ", again"
	}
	return Cell{Text: text, Style: StatusStyle(io, j.GetStatus())}
}

const mayStartEarlier = "may start earlier"

// Promise tells how the start of a job that has not ended may change, or has changed, to its owner's good; empty when neither.
func Promise(j *pb.Job) string {
	forward := j.GetPromisedStartMs() - api.StartMS(j)
	switch {
	case api.Ended(j):
	case forward >= 1000:
		return "moved forward " + when.Millis(forward-forward%1000)
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED && (j.GetSooner() || wasDisplaced(j)):
		return mayStartEarlier
	}
	return ""
}

// wasDisplaced reports whether the service moved a job, through no fault of its owner.
func wasDisplaced(j *pb.Job) bool {
	return j.GetDelay() != nil && j.GetDelay().GetKind() != pb.DelayKind_DELAY_KIND_LATE
}

// promised adds to a text how the start may change.
func promised(text string, j *pb.Job) string {
	if promise := Promise(j); promise != "" {
		return text + ", " + promise
	}
	return text
}

// StatusStyle is the colour of a status.
func StatusStyle(io *term.Streams, s pb.JobStatus) func(string) string {
	switch s {
	case pb.JobStatus_JOB_STATUS_SCHEDULED:
		return io.Cyan
	case pb.JobStatus_JOB_STATUS_PROCESSING:
		return io.Yellow
	case pb.JobStatus_JOB_STATUS_COMPLETED:
		return io.Green
	case pb.JobStatus_JOB_STATUS_FAILED:
		return io.Red
	}
	return io.Faint
}

// Prompt is a job's text, or what stands for it when the viewer may not see it.
func Prompt(j *pb.Job) string {
	if j.GetHidden() {
		return "(hidden)"
	}
	return j.GetPrompt()
}

// About tells jobs apart for people: by the text, or by what is set where the workflow takes none.
func About(j *pb.Job) string {
	if j.GetHidden() || j.GetPrompt() != "" {
		return Prompt(j)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(j.GetInputs())) {
		if name != "seed" {
			parts = append(parts, name+"="+form.ValueText(j.GetInputs()[name]))
		}
	}
	return strings.Join(parts, " ")
}

// JobTable is jobs as rows for people or for pipes; names are those of their owners. Worker and workflow
// are shown to people only where there are several.
func JobTable(io *term.Streams, clock when.Clock, jobs []*pb.Job, names api.Names) *Table {
	if !io.IsStdoutTTY() {
		return jobRows(io, clock, jobs, names)
	}
	t := NewTable(io, "ID", "START ("+clock.ZoneName()+")", "LENGTH", "STATUS", "USER", "WORKER", "WORKFLOW", "PROMPT")
	t.Names = []string{"USER", "WORKER", "WORKFLOW"}
	t.Several = []string{"WORKER", "WORKFLOW"}
	for _, j := range jobs {
		status := StatusCell(io, j)
		if promise := Promise(j); promise != "" { // short: prompts need the room
			status.Text += ", " + strings.Replace(promise, mayStartEarlier, "or earlier", 1)
		}
		t.Row(
			Text(refs.Short(j.GetId())),
			Text(clock.Cell(api.StartMS(j))),
			Text(when.Millis(j.GetDurationMs())),
			status,
			Text(names[j.GetUserId()]),
			Text(j.GetWorkerId()),
			Text(j.GetWorkflowId()),
			Text(About(j)),
		)
	}
	return t
}

func jobRows(io *term.Streams, clock when.Clock, jobs []*pb.Job, names api.Names) *Table {
	t := NewTable(io)
	for _, j := range jobs {
		t.Row(
			Text(j.GetId()),
			Text(StatusWord(j.GetStatus())),
			Text(clock.Exact(api.StartMS(j))),
			Text(clock.Exact(api.EndMS(j))),
			Text(names[j.GetUserId()]),
			Text(j.GetWorkerId()),
			Text(j.GetWorkflowId()),
			Text(seed(j)),
			Text(j.GetResultFilename()),
			Text(j.GetPrompt()),
		)
	}
	return t
}
