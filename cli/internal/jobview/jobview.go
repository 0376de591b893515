// Package jobview shows jobs: as rows of a table, in detail, and in one sentence.
package jobview

import (
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/table"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// RowHelp describes the columns of a job for programs.
const RowHelp = `In a pipe each job is one tab-separated line:
id, status, start, end (RFC 3339), user, worker, workflow, seed, first picture, prompt`

// EndMS is the last millisecond of a job's slot.
func EndMS(j *pb.Job) int64 { return j.GetTimeSlot() + j.GetDurationMs() }

// StatusWord is the name of a status as the API's JSON has it, without its prefix: "scheduled".
func StatusWord(s pb.JobStatus) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "JOB_STATUS_"))
}

// Ended reports whether nothing more will happen to a job.
func Ended(j *pb.Job) bool {
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_COMPLETED, pb.JobStatus_JOB_STATUS_FAILED, pb.JobStatus_JOB_STATUS_CANCELLED:
		return true
	}
	return false
}

// StatusCell is the status as people should know it: lateness and a cancelling that is under way included.
func StatusCell(io *iostreams.IOStreams, j *pb.Job) table.Cell {
	text := StatusWord(j.GetStatus())
	switch {
	case j.GetCancelRequested() && !Ended(j):
		text = "cancelling"
	case Ended(j) || j.GetDelay() == nil:
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_LATE:
		text += ", late"
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_OVERDUE:
		text += ", moved"
	case j.GetDelay().GetKind() == pb.DelayKind_DELAY_KIND_RETRY:
		text += ", again"
	}
	return table.Cell{Text: text, Style: StatusStyle(io, j.GetStatus())}
}

// StatusStyle is the colour of a status.
func StatusStyle(io *iostreams.IOStreams, s pb.JobStatus) func(string) string {
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

// Table is jobs as rows for people or for pipes. The worker is shown to people only where there are several.
func Table(io *iostreams.IOStreams, clock when.Clock, jobs []*pb.Job) *table.Table {
	if !io.IsStdoutTTY() {
		return rows(io, clock, jobs)
	}
	t := table.New(io, "ID", "START ("+clock.ZoneName()+")", "LENGTH", "STATUS", "USER", "WORKER", "PROMPT")
	t.Names = []string{"USER", "WORKER"}
	t.Several = []string{"WORKER"}
	for _, j := range jobs {
		t.Row(
			table.Text(jobref.Short(j.GetId())),
			table.Text(clock.Cell(j.GetTimeSlot())),
			table.Text(when.Millis(j.GetDurationMs())),
			StatusCell(io, j),
			table.Text(j.GetUserName()),
			table.Text(j.GetWorkerId()),
			table.Text(Prompt(j)),
		)
	}
	return t
}

func rows(io *iostreams.IOStreams, clock when.Clock, jobs []*pb.Job) *table.Table {
	t := table.New(io)
	for _, j := range jobs {
		t.Row(
			table.Text(j.GetId()),
			table.Text(StatusWord(j.GetStatus())),
			table.Text(clock.Exact(j.GetTimeSlot())),
			table.Text(clock.Exact(EndMS(j))),
			table.Text(j.GetUserName()),
			table.Text(j.GetWorkerId()),
			table.Text(j.GetWorkflowId()),
			table.Text(seed(j)),
			table.Text(j.GetResultFilename()),
			table.Text(j.GetPrompt()),
		)
	}
	return t
}
