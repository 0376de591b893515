// Package timeline is the commands that tell how the timeline and the service are: free, status and users.
package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/thlib/go-timezone-local/tzlocal"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// statusOptions are the options of status and what it works with.
type statusOptions struct {
	*factory.Factory

	Check bool
	Out   flags.Out
}

// NewCmdStatus makes the command.
func NewCmdStatus(f *factory.Factory) *cobra.Command {
	opts := &statusOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Tell how the service and its ComfyUI are",
		Long: `Tell how the service and its ComfyUI are, what is booked, and today's numbers in the zone of the terminal.

In a pipe each fact is one tab-separated line: its name and its value, durations in milliseconds, moments in RFC 3339. The
four facts about a pause, which may lie ahead, are empty when there is none, and come once for each worker that has one. Those about a
worker (worker, worker_title, worker_status, worker_out_of_service, worker_runs) come once for each.
--json prints an object of the API's SystemState as "system" and GetDayStatsResponse as "today".`,
		Example: `  comfysched status
  until comfysched status --check --quiet; do sleep 5; done`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return statusRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.Check, "check", false, "exit with 6 when the service is not ready")
	opts.Out.Bind(cmd, "the state of the whole, such as ready")
	return cmd
}

func statusRun(ctx context.Context, opts *statusOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return err
	}
	today, err := client.Scheduler.GetDayStats(ctx, &pb.GetDayStatsRequest{TimeZone: zone(opts.Clock)})
	if err != nil {
		return err
	}
	r := report{io: opts.IO, clock: opts.Clock, server: client.Address.String(), state: state, today: today}
	system := state.GetStatus().GetSystem()
	switch {
	case opts.Out.JSON:
		err = printJSON(opts.IO, system, today)
	case opts.Out.Quiet:
		_, err = fmt.Fprintln(opts.IO.Out, word(system.GetStatus()))
	case opts.IO.IsStdoutTTY():
		err = r.people()
	default:
		err = r.pipe()
	}
	if err == nil && opts.Check && system.GetStatus() != pb.SystemStatus_SYSTEM_STATUS_READY {
		return exitcode.Silent(exitcode.Unavailable)
	}
	return err
}

// zone is the IANA name of the terminal's zone. Where it is not known the server counts in UTC.
func zone(clock when.Clock) string {
	if name := clock.Zone.String(); name != "Local" {
		return name
	}
	name, err := tzlocal.RuntimeTZ()
	if err != nil {
		return "UTC"
	}
	return name
}

func printJSON(streams *term.Streams, system *pb.SystemState, today *pb.GetDayStatsResponse) error {
	rawSystem, err := render.RawJSON(system)
	if err != nil {
		return err
	}
	rawToday, err := render.RawJSON(today)
	if err != nil {
		return err
	}
	return render.JSONObject(streams, struct {
		System json.RawMessage `json:"system"`
		Today  json.RawMessage `json:"today"`
	}{rawSystem, rawToday})
}

// word is the name of a state as the API's JSON has it, without its prefix: "ready".
func word(s fmt.Stringer) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(s.String(), "SYSTEM_STATUS_"), "WORKER_STATUS_"))
}
