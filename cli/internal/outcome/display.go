package outcome

import (
	"fmt"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// display tells on stderr how jobs go: one line that changes on a terminal, one line per event elsewhere.
type display struct {
	io    *term.Streams
	clock when.Clock
	quiet bool

	mu     sync.Mutex
	board  board
	lost   bool
	plain  map[string]string // the last line told about each job
	stop   chan struct{}
	ticker sync.WaitGroup
}

// newDisplay shows jobs until Close. A quiet display tells nothing where nobody watches.
func newDisplay(io *term.Streams, clock when.Clock, jobs []*pb.Job, quiet bool) *display {
	d := &display{io: io, clock: clock, quiet: quiet, plain: map[string]string{}, stop: make(chan struct{})}
	d.board.clock = clock
	for _, j := range jobs {
		d.board.job(j, nil, 0)
	}
	if io.IsStderrTTY() {
		d.ticker.Go(d.tick)
	}
	return d
}

// Close ends the display and leaves no trace of the changing line.
func (d *display) Close() {
	close(d.stop)
	d.ticker.Wait()
	d.clear()
}

// Above lets write print lines that stay, above the one that changes.
func (d *display) Above(write func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	write()
}

// Event takes in what is new.
func (d *display) Event(e stream.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.System != nil {
		d.board.system = e.System
	}
	if len(e.Workflows) > 0 {
		d.board.workflows = e.Workflows
	}
	if e.Job != nil {
		d.board.job(e.Job, e.Progress, e.Lead)
		d.tell(e.Job, e.Progress)
	}
}

// Lost says that the connection broke and is being opened again.
func (d *display) Lost(error) { d.connection(true, "connection lost, trying again") }

// Back says that it stands again.
func (d *display) Back() { d.connection(false, "connected again") }

func (d *display) connection(lost bool, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lost = lost
	if !d.io.IsStderrTTY() && !d.quiet {
		fmt.Fprintln(d.io.Err, text)
	}
}

// tell writes a line about a job when something other than its steps changed.
func (d *display) tell(j *pb.Job, p *pb.JobProgress) {
	if d.io.IsStderrTTY() || d.quiet {
		return
	}
	text := render.StatusCell(d.io, j).Text
	switch {
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_SCHEDULED:
		text += " for " + d.clock.Stamp(api.StartMS(j))
		if promise := render.Promise(j); promise != "" {
			text += ", " + promise
		}
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING && p.GetNodeTitle() != "":
		text += ": " + term.Line(p.GetNodeTitle())
	case j.GetStatus() == pb.JobStatus_JOB_STATUS_PROCESSING && d.plain[j.GetId()] != "" && p == nil:
		return
	}
	if reason := j.GetDelay().GetReason(); reason != "" && !api.Ended(j) {
		text += " (" + term.Line(reason) + ")"
	}
	if d.plain[j.GetId()] != text {
		d.plain[j.GetId()] = text
		fmt.Fprintf(d.io.Err, "%s %s\n", refs.Short(j.GetId()), text)
	}
}

// tick redraws the line, also while nothing happens: countdowns run.
func (d *display) tick() {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for {
		d.draw()
		select {
		case <-t.C:
		case <-d.stop:
			return
		}
	}
}

func (d *display) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	width := d.io.Width() - len("^C") - 1 // the terminal writes ^C behind it
	text := d.board.line(d.io, width)
	if d.lost {
		text = d.io.Yellow("connection lost, trying again…")
	}
	fmt.Fprint(d.io.Err, "\r"+ansi.Truncate(text, width, "…")+ansi.EraseLineRight)
}

func (d *display) clear() {
	if d.io.IsStderrTTY() {
		fmt.Fprint(d.io.Err, "\r"+ansi.EraseLineRight)
	}
}
