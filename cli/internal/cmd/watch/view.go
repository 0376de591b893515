package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// View implements tea.Model.
func (s screen) View() tea.View {
	lines := append(s.header(), s.lanes()...)
	footer := s.footer()
	if s.height < roomyHeight { // no empty lines between the parts
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	}
	room := max(s.height-len(footer), 0)
	lines = append(lines[:min(len(lines), room)], s.list(room-len(lines))...)
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines, footer...)
	lines = lines[:min(len(lines), s.height)]
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], s.width, "…")
	}
	view := tea.NewView(strings.Join(lines, "\n"))
	view.AltScreen = true
	view.WindowTitle = "comfysched " + s.server
	return view
}

// Sizes of the terminal from which on there is room for more.
const (
	roomyHeight = 16
	narrowWidth = 60
)

// nameWidth is as much of one's own name as the header shows.
const nameWidth = 16

func (s screen) nowMS() int64 { return s.clock.Now().Add(s.state.Lead).UnixMilli() }

// header tells who is connected to what, and how that is.
func (s screen) header() []string {
	system := s.state.System
	status := strings.ToLower(strings.TrimPrefix(system.GetStatus().String(), "SYSTEM_STATUS_"))
	switch {
	case system == nil:
		status = s.io.Yellow("connecting…")
	case !s.connected:
		status = s.io.Yellow("connection lost, trying again…")
	case system.GetStatus() == pb.SystemStatus_SYSTEM_STATUS_READY:
		status = s.io.Green("● " + status)
	case system.GetStatus() == pb.SystemStatus_SYSTEM_STATUS_OFFLINE:
		status = s.io.Red("● " + status)
	default:
		status = s.io.Yellow("● " + status)
	}
	if reason := term.Line(system.GetReason()); reason != "" {
		status += " " + reason
	}
	left := status + "  " + s.io.Bold(s.server)
	right := time.UnixMilli(s.nowMS()).In(s.clock.Zone).Format("15:04:05 MST")
	if s.width >= narrowWidth {
		right = fmt.Sprintf("%s  %d connected  %s", ansi.Truncate(term.Line(s.me.GetName()), nameWidth, "…"), s.state.Users(), right)
	}
	room := s.width - ansi.StringWidth(right) - 1
	left = ansi.Truncate(left, max(room, 0), "…")
	return []string{left + strings.Repeat(" ", max(room-ansi.StringWidth(left)+1, 1)) + right, ""}
}

// view is the stretch of time on the screen: the present is at a quarter of it.
func (s screen) view() columns {
	v := columns{PerColumn: s.scale(), Width: max(s.width-labelWidth-s.loadWidth(), 10)}
	// Whole columns, so that the blocks do not flicker while time goes on.
	start := s.nowMS() + s.scroll - int64(v.Width/4)*v.PerColumn
	v.StartMS = start - start%v.PerColumn
	return v
}

func (s screen) lanes() []string {
	v := s.view()
	lines := []string{strings.Repeat(" ", labelWidth) + s.io.Faint(v.Axis(s.clock.Zone))}
	workers := s.state.System.GetWorkers()
	shown := workers[:min(len(workers), s.mostLanes())]
	for _, w := range shown {
		lines = append(lines, s.label(w)+s.lane(v, w)+s.load(w))
	}
	if hidden := len(workers) - len(shown); hidden > 0 {
		lines = append(lines, s.io.Faint(fmt.Sprintf("… and %d more workers: a higher terminal shows them", hidden)))
	}
	pointer := strings.Repeat(" ", labelWidth)
	if c := v.Column(s.nowMS()); c >= 0 && c < v.Width {
		pointer += strings.Repeat(" ", c) + s.io.Red("▲ now")
	}
	return append(lines, pointer, "")
}

// lane draws one worker's slots. What ended lies below what runs, and that below what is booked.
func (s screen) lane(v columns, w *pb.Worker) string {
	if w.GetOutOfService() {
		return s.io.Yellow(fit("╱╱ out of service "+term.Line(w.GetOutOfServiceReason())+" ", v.Width, "╱"))
	}
	var jobs []*pb.Job // nil stands for the pause
	var slots []stretch
	if w.GetPause() != nil {
		jobs = append(jobs, nil)
		slots = append(slots, stretch{StartMS: w.GetPause().GetTimeSlot().GetStartMs(), EndMS: w.GetPause().GetTimeSlot().GetEndMs()})
	}
	all := s.state.Jobs()
	for i := len(all) - 1; i >= 0; i-- {
		j := all[i]
		if j.GetWorkerId() != w.GetId() || j.GetStatus() == pb.JobStatus_JOB_STATUS_CANCELLED {
			continue
		}
		jobs = append(jobs, j)
		slots = append(slots, s.slot(j))
	}
	var out strings.Builder
	for _, run := range v.Runs(slots) {
		if run.Slot < 0 {
			out.WriteString(s.io.Faint(strings.Repeat("·", run.Width)))
			continue
		}
		if jobs[run.Slot] == nil {
			out.WriteString(s.io.Yellow(fit("╱╱ paused "+term.Line(w.GetPause().GetReason())+" ", run.Width, "╱")))
			continue
		}
		out.WriteString(s.block(jobs[run.Slot], run.Width))
	}
	return out.String()
}

// slot is the stretch that a job takes up: its slot, until now when it runs longer, until its end when it ran shorter.
func (s screen) slot(j *pb.Job) stretch {
	slot := stretch{StartMS: api.StartMS(j), EndMS: api.EndMS(j)}
	switch {
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING:
		slot.EndMS = max(slot.EndMS, s.nowMS())
	case api.Ended(j) && j.GetFinishedAtMs() > slot.StartMS:
		slot.EndMS = j.GetFinishedAtMs()
	}
	return slot
}

// block is one job as a filled piece of a lane with its owner's name; own jobs have a star.
func (s screen) block(j *pb.Job, width int) string {
	label := term.Line(s.state.Owner(j))
	if j.GetUserId() == s.me.GetId() {
		label = "*" + label
	}
	if !s.io.ColorEnabled() {
		if width < 3 {
			return strings.Repeat("#", width)
		}
		return "[" + fit(label, width-2, "=") + "]"
	}
	text := s.io.Inverse(fit("▏"+label, width, " ")) // the thin line divides blocks of one colour
	if j.GetId() == s.selected {
		text = s.io.Bold(text)
	}
	return render.StatusStyle(s.io, j.GetStatus())(text)
}

// fit cuts or fills a text to a width.
func fit(text string, width int, filler string) string {
	text = ansi.Truncate(text, width, "")
	return text + strings.Repeat(filler, width-ansi.StringWidth(text))
}

// footer tells about the selected job, and the keys.
func (s screen) footer() []string {
	keys := s.io.Faint("q quit  ←/→ move in time  n now  +/- zoom  ↑/↓ choose a job")
	for _, j := range s.state.Jobs() {
		if j.GetId() != s.selected {
			continue
		}
		text := fmt.Sprintf("%s  %s, %s, seed %d", j.GetId(), s.clock.Stamp(api.StartMS(j)), when.Millis(j.GetDurationMs()), j.GetSeed())
		if promise := render.Promise(j); promise != "" {
			text += ", " + promise
		}
		if reason := term.Line(j.GetDelay().GetReason() + render.ErrorText(j)); reason != "" {
			text += "  " + s.io.Yellow(reason)
		}
		if s.height < roomyHeight {
			return []string{text}
		}
		return []string{text, term.Line(render.About(j)), keys}
	}
	return []string{keys}
}
