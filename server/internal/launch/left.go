package launch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

// markVariable is in the environment of every ComfyUI that a service starts, and says whose it is: instance and worker, and
// for people the data folder. It finds a ComfyUI whose record could not be written, and tells another service's apart.
const markVariable = "COMFYSCHEDULER_WORKER"

func (e *Engine) mark() string { return fmt.Sprintf("%s/%s %s", e.Instance, e.Worker, e.DataDir) }

func (e *Engine) isMarkedOwn(m process.Marked) bool {
	return strings.HasPrefix(m.Value, e.Instance+"/"+e.Worker+" ")
}

// portOf is the port that a marked ComfyUI was started for. What ComfyUI itself has started carries the mark too, and was
// started for none.
func portOf(m process.Marked) (port int, is bool) {
	i := slices.Index(m.Args, "--port")
	if i < 0 || i+1 >= len(m.Args) || !slices.Contains(m.Args, "--output-directory") {
		return 0, false
	}
	port, err := strconv.Atoi(m.Args[i+1])
	return port, err == nil
}

// leftover is a ComfyUI that the service before has left running.
type leftover struct {
	process *process.Process
	since   time.Time
	port    int
}

// left finds it by its record, or by its mark when the service before was killed before it wrote the record, or could not.
func (e *Engine) left() (leftover, bool) {
	r := e.record.get()
	if r.Process.PID != 0 {
		if p, running := process.Find(r.Process); running {
			return leftover{p, time.UnixMilli(r.StartedAt), r.Port}, true
		}
	}
	for _, m := range process.FindMarked(markVariable) {
		port, is := portOf(m)
		if !is || !e.isMarkedOwn(m) {
			continue
		}
		if p, running := process.Find(m.ID); running {
			e.note(func(r *record) {
				r.Process, r.StartedAt, r.Port, r.Threads, r.Made = m.ID, e.Now().UnixMilli(), port, nil, ""
			})
			return leftover{p, e.Now(), port}, true
		}
	}
	return leftover{}, false
}

// other is the ComfyUI of another service that was started for this worker's port, for people.
func (e *Engine) other() (who string, found bool) {
	for _, m := range process.FindMarked(markVariable) {
		if port, is := portOf(m); is && port == e.ComfyUI.Port && !e.isMarkedOwn(m) {
			_, folder, _ := strings.Cut(m.Value, " ")
			return fmt.Sprintf("the ComfyUI (pid %d) of another service, the one with the data folder %s", m.ID.PID, folder), true
		}
	}
	return "", false
}
