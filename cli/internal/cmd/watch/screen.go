package watch

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// What the screen hears beside keys and sizes.
type (
	heard     struct{ response *pb.WatchStateResponse }
	lost      struct{}
	back      struct{}
	streamEnd struct{ err error }
	tick      struct{}
)

// screenRun shows the full screen until it is left.
func screenRun(ctx context.Context, opts *watchOptions, client *api.Client) error {
	me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(newScreen(opts.IO, opts.Clock, client.Address.String(), me.GetUser()),
		tea.WithContext(ctx), tea.WithInput(opts.IO.In), tea.WithOutput(opts.IO.Out), tea.WithoutSignalHandler())
	go func() {
		stream := &stream.Stream{
			Scheduler: client.Scheduler,
			Lost:      func(error) { program.Send(lost{}) },
			Back:      func() { program.Send(back{}) },
		}
		err := stream.Run(ctx, func(r *pb.WatchStateResponse) error {
			program.Send(heard{r})
			return nil
		})
		program.Send(streamEnd{err})
	}()
	last, err := program.Run()
	if ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil // leaving by Ctrl-C is leaving
	}
	if s, ok := last.(screen); ok && err == nil {
		return s.err
	}
	return err
}

// screen is the model of the full screen. It is a value: Update returns the next one.
type screen struct {
	io     *term.Streams
	clock  when.Clock
	server string
	me     *pb.User

	state     stream.State
	connected bool
	err       error

	width, height int
	perColumn     int64 // milliseconds; 0 until the length of a slot is known
	scroll        int64 // milliseconds that the view is moved against the present
	selected      string
}

func newScreen(io *term.Streams, clock when.Clock, server string, me *pb.User) screen {
	return screen{io: io, clock: clock, server: server, me: me, width: 80, height: 24}
}

// Init implements tea.Model.
func (s screen) Init() tea.Cmd { return ticking() }

// ticking moves the line for now along.
func ticking() tea.Cmd {
	return tea.Tick(250*time.Millisecond, func(time.Time) tea.Msg { return tick{} })
}

// Update implements tea.Model.
func (s screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		return s, ticking()
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case heard:
		s.connected = true
		s.state.Apply(msg.response, s.clock.Now())
	case lost:
		s.connected = false
	case back:
		s.connected = true
	case streamEnd:
		s.err = msg.err
		return s, tea.Quit
	case tea.KeyPressMsg:
		return s.key(msg.String())
	}
	return s, nil
}

// zoomBounds are the least and the most milliseconds that a column may stand for.
const (
	finest   = 10
	coarsest = 3_600_000
)

func (s screen) key(name string) (tea.Model, tea.Cmd) {
	per := s.scale()
	switch name {
	case "q", "esc", "ctrl+c":
		return s, tea.Quit
	case "left", "h":
		s.scroll -= per * int64(s.width/8)
	case "right", "l":
		s.scroll += per * int64(s.width/8)
	case "+", "=":
		s.perColumn = max(per/2, finest)
	case "-":
		s.perColumn = min(per*2, coarsest)
	case "n", "0", "home":
		s.scroll = 0
	case "up", "k":
		s.selectNext(-1)
	case "down", "j":
		s.selectNext(1)
	}
	return s, nil
}

// selectNext moves the selection in the list.
func (s *screen) selectNext(step int) {
	jobs := s.state.Jobs()
	if len(jobs) == 0 {
		return
	}
	i := max(0, min(s.selectedRow(jobs)+step, len(jobs)-1))
	s.selected = jobs[i].GetId()
}

// selectedRow is the selected job's place in the list; -1 when none is selected.
func (s *screen) selectedRow(jobs []*pb.Job) int {
	for i, j := range jobs {
		if j.GetId() == s.selected {
			return i
		}
	}
	return -1
}

// scale is the milliseconds per column: chosen by key, else so that a usual slot is eight columns wide.
func (s screen) scale() int64 {
	if s.perColumn > 0 {
		return s.perColumn
	}
	for _, w := range s.state.Workflows {
		for _, e := range w.GetEstimates() {
			if e.GetSlotDurationMs() > 0 {
				return max(e.GetSlotDurationMs()/8, finest)
			}
		}
	}
	return 5_000
}
