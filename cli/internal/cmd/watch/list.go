package watch

import (
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Widths of the list's columns. The length of slots is left out where the prompt would have no room beside it.
const (
	startWidth  = 12
	lengthWidth = 10
	statusWidth = 16
	userWidth   = 10
	roomyWidth  = 100
)

// list is the jobs as rows, as many as fit, the selected one among them.
func (s screen) list(height int) []string {
	if height < 2 {
		return nil
	}
	jobs := s.state.Jobs()
	first := max(0, s.selectedRow(jobs)-(height-2))
	lines := []string{"  " + s.io.Faint(
		s.columns("ID      ", "START", "LENGTH", fit("STATUS", statusWidth, " "), fit("USER", userWidth, " "), "PROMPT"),
	)}
	for _, j := range jobs[min(first, len(jobs)):] {
		if len(lines) == height {
			break
		}
		lines = append(lines, s.row(j))
	}
	return lines
}

func (s screen) columns(id, start, length, status, user, prompt string) string {
	cells := []string{id, fit(start, startWidth, " ")}
	if s.width >= roomyWidth {
		cells = append(cells, fit(length, lengthWidth, " "))
	}
	return strings.Join(append(cells, status, user, prompt), "  ")
}

func (s screen) row(j *pb.Job) string {
	mark := "  "
	if j.GetId() == s.selected {
		mark = s.io.Bold("> ")
	}
	status := render.StatusCell(s.io, j)
	user := fit(ansi.Truncate(term.Line(s.state.Owner(j)), userWidth, "…"), userWidth, " ")
	if j.GetUserId() == s.me.GetId() {
		user = s.io.Bold(user)
	}
	return mark + s.columns(refs.Short(j.GetId()), s.start(j), when.Millis(j.GetDurationMs()),
		status.Style(fit(s.doing(j, status.Text), statusWidth, " ")), user, term.Line(render.About(j)))
}

// start shows the start of a job: the time of day, and the day when it is not today.
func (s screen) start(j *pb.Job) string {
	at, now := time.UnixMilli(api.StartMS(j)).In(s.clock.Zone), time.UnixMilli(s.nowMS()).In(s.clock.Zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly)
	}
	return at.Format("_2 Jan 15:04")
}

// doing is the status, or for a running job how far it is.
func (s screen) doing(j *pb.Job, status string) string {
	p := s.state.Progress(j)
	if p.GetTotal() == 0 {
		return status
	}
	steps := fmt.Sprintf(" %d/%d", p.GetStep(), p.GetTotal())
	return ansi.Truncate(term.Line(p.GetNodeTitle()), statusWidth-len(steps), "…") + steps
}
