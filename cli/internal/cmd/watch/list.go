package watch

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// list is the jobs as rows, as many as fit, the selected one among them.
func (s screen) list(height int) []string {
	if height < 2 {
		return nil
	}
	jobs := s.state.Jobs()
	first := max(0, s.selectedRow(jobs)-(height-2))
	lines := []string{s.io.Faint(fmt.Sprintf("  %-8s  %-19s  %-7s  %-18s  %-12s  %s", "ID", "START", "LENGTH", "STATUS", "USER", "PROMPT"))}
	for _, j := range jobs[min(first, len(jobs)):] {
		if len(lines) == height {
			break
		}
		lines = append(lines, s.row(j))
	}
	return lines
}

func (s screen) row(j *pb.Job) string {
	mark := "  "
	if j.GetId() == s.selected {
		mark = s.io.Bold("> ")
	}
	status := jobview.StatusCell(s.io, j)
	user := fit(plaintext.Line(j.GetUserName()), 12, " ")
	if j.GetUserId() == s.me.GetId() {
		user = s.io.Bold(user)
	}
	return mark + strings.Join([]string{
		jobview.ShortID(j.GetId()),
		s.clock.Cell(j.GetTimeSlot()),
		fit(when.Millis(j.GetDurationMs()), 7, " "),
		status.Style(fit(s.doing(j, status.Text), 18, " ")),
		user,
		plaintext.Line(jobview.Prompt(j)),
	}, "  ")
}

// doing is the status, or for a running job how far it is.
func (s screen) doing(j *pb.Job, status string) string {
	p := s.state.Progress(j)
	if p.GetTotal() == 0 {
		return status
	}
	steps := fmt.Sprintf(" %d/%d", p.GetStep(), p.GetTotal())
	return ansi.Truncate(plaintext.Line(p.GetNodeTitle()), 18-len(steps), "…") + steps
}
