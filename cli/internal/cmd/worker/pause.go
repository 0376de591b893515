package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// pauseOptions are the options of worker pause and what it works with.
type pauseOptions struct {
	f *factory.Factory

	At, For, Until string
	Reason         string
	Move           bool
	JSON           bool
}

func newCmdPause(f *factory.Factory) *cobra.Command {
	opts := &pauseOptions{f: f}
	cmd := &cobra.Command{
		Use:   "pause {--for DURATION | --until TIME} [WORKER]",
		Short: "Keep a worker free of jobs for a while",
		Long: `Keep a worker free of jobs for a while, so that its GPU can be used for something else. A running job ends first. A pause
replaces the one that there was. ` + byDefault + `

Bookings in the way make it a conflict, unless --move moves them to the next free slots after the pause.

` + when.Help,
		Example: `  comfysched worker pause --for 1h --reason "driver update"
  comfysched worker pause --at "tomorrow 9:00" --until "tomorrow 12:00" --move`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opts.run(cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&opts.At, "at", "", "begin at this `time`; now when absent")
	fs.StringVar(&opts.For, "for", "", "pause for this `duration`, such as 1h")
	fs.StringVar(&opts.Until, "until", "", "pause until this `time`")
	fs.StringVar(&opts.Reason, "reason", "", "what it is for, in `words` that everybody sees")
	fs.BoolVar(&opts.Move, "move", false, "move the bookings in the way")
	fs.BoolVar(&opts.JSON, "json", false, "print the API's JSON")
	return cmd
}

func (o *pauseOptions) run(ctx context.Context, args []string) error {
	req := &pb.PauseWorkerRequest{Reason: o.Reason, MoveBookings: o.Move}
	start, length, err := o.stretch()
	if err != nil {
		return err
	}
	if o.At != "" {
		req.StartMs = start.UnixMilli()
	}
	req.DurationMs = length.Milliseconds()
	client, worker, err := named(ctx, o.f, args)
	if err != nil {
		return err
	}
	req.WorkerId = worker
	answer, err := client.Workers.PauseWorker(ctx, req)
	if err != nil {
		return problem.OfferWay(err, "--move moves them after the pause")
	}
	if o.JSON {
		return render.JSON(o.f.IO, answer)
	}
	from := ""
	if o.At != "" {
		from = " from " + o.f.Clock.Stamp(answer.GetPause().GetTimeSlot().GetStartMs())
	}
	return o.f.IO.Tell("Paused %s%s until %s%s",
		term.Line(worker), from, o.f.Clock.Stamp(answer.GetPause().GetTimeSlot().GetEndMs()), moved(answer.GetMovedBookings()))
}

// stretch reads the beginning and the length of the pause.
func (o *pauseOptions) stretch() (start time.Time, length time.Duration, err error) {
	start = o.f.Clock.Now()
	if o.At != "" {
		if start, err = o.f.Clock.Start(o.At); err != nil {
			return start, 0, exitcode.Usagef("--at: %w", err)
		}
	}
	if (o.For == "") == (o.Until == "") {
		return start, 0, exitcode.Usagef("say how long: --for DURATION or --until TIME")
	}
	if o.For != "" {
		if length, err = when.Duration(o.For); err != nil {
			return start, 0, exitcode.Usagef("--for: %w", err)
		}
		return start, length, nil
	}
	end, err := o.f.Clock.From(o.Until)
	if err != nil {
		return start, 0, exitcode.Usagef("--until: %w", err)
	}
	if !end.After(start) {
		return start, 0, exitcode.Usagef("--until lies before the beginning")
	}
	// Intervals are closed: a slot at the very end of a pause would collide with it.
	return start, max(end.Sub(start)-time.Second, time.Second), nil
}

func moved(bookings int32) string {
	switch bookings {
	case 0:
		return ""
	case 1:
		return "; one booking was moved"
	}
	return fmt.Sprintf("; %d bookings were moved", bookings)
}
