package watch

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// labelWidth is the width of the workers' names beside their lanes.
const labelWidth = 10

// label is a worker's name beside its lane, in a colour that says how it is.
func (s screen) label(w *pb.Worker) string {
	name := ansi.Truncate(term.Line(cmp.Or(w.GetTitle(), w.GetId())), labelWidth-1, "…")
	space := strings.Repeat(" ", labelWidth-ansi.StringWidth(name))
	switch status := w.GetStatus(); {
	case w.GetOutOfService():
		name = s.io.Yellow(name)
	case status == pb.WorkerStatus_WORKER_STATUS_OFFLINE:
		name = s.io.Red(name)
	case status != pb.WorkerStatus_WORKER_STATUS_READY && status != pb.WorkerStatus_WORKER_STATUS_UNSPECIFIED:
		name = s.io.Yellow(name)
	}
	return name + space
}

// mostLanes leaves half of the terminal to the list of jobs.
func (s screen) mostLanes() int { return max(s.height/2-3, 1) }

// Where there are several workers and room beside their lanes, these have their load and what they run.
const (
	loadColumns = 28
	loadFrom    = 110
)

func (s screen) loadWidth() int {
	if s.width < loadFrom || len(s.state.System.GetWorkers()) < 2 {
		return 0
	}
	return loadColumns
}

// load says beside a lane how much of the next hour is taken, and what runs there or why nothing does.
func (s screen) load(w *pb.Worker) string {
	if s.loadWidth() == 0 {
		return ""
	}
	hour := stretch{StartMS: s.nowMS(), EndMS: s.nowMS() + time.Hour.Milliseconds()}
	var taken int64
	doing := ""
	for _, j := range s.state.Jobs() {
		if j.GetWorkerId() != w.GetId() || api.Ended(j) {
			continue
		}
		slot := s.slot(j)
		taken += max(0, min(slot.EndMS, hour.EndMS)-max(slot.StartMS, hour.StartMS))
		if j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING {
			doing = strings.TrimSpace(s.doing(j, "") + " " + term.Line(s.state.Owner(j)))
		}
	}
	if status := w.GetStatus(); doing == "" && status > pb.WorkerStatus_WORKER_STATUS_UNSPECIFIED &&
		status != pb.WorkerStatus_WORKER_STATUS_READY {
		doing = strings.ToLower(strings.TrimPrefix(status.String(), "WORKER_STATUS_"))
	}
	share := min(100, 100*taken/time.Hour.Milliseconds())
	return " " + fit(ansi.Truncate(fmt.Sprintf("%3d%% %s", share, doing), loadColumns-1, "…"), loadColumns-1, " ")
}
