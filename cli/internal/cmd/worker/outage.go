package worker

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// outageOptions are the options of worker out-of-service and what it works with.
type outageOptions struct {
	f *factory.Factory

	Reason string
	DryRun bool
	JSON   bool
}

func newCmdOutOfService(f *factory.Factory) *cobra.Command {
	opts := &outageOptions{f: f}
	cmd := &cobra.Command{
		Use:   "out-of-service WORKER",
		Short: "Have a worker take no bookings and start nothing until it is returned",
		Long: `Have a worker take no bookings and start nothing until it is returned, also when the service is started again. What runs there goes
on. Its bookings go to other workers that can run them: at their own time where one is free then, else to the next free start. Those
whose owners named the worker, and those that no other can run, wait there. --dry-run says what would become of each.

In a pipe each booking is one tab-separated line: job, start before, worker after, start after, and why it stays; moments in RFC 3339.`,
		Example: `  comfysched worker out-of-service gpu-2 --dry-run
  comfysched worker out-of-service gpu-2 --reason "its fan is broken"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opts.run(cmd.Context(), args[0])
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&opts.Reason, "reason", "", "why, in `words` that everybody sees")
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "say only what would become of its bookings")
	cmd.Flags().BoolVar(&opts.JSON, "json", false, "print the API's JSON")
	return cmd
}

func (o *outageOptions) run(ctx context.Context, worker string) error {
	client, err := o.f.Client()
	if err != nil {
		return err
	}
	answer, err := client.Workers.TakeWorkerOutOfService(ctx, &pb.TakeWorkerOutOfServiceRequest{
		WorkerId:     worker,
		Reason:       o.Reason,
		ValidateOnly: o.DryRun,
	})
	if err != nil {
		return err
	}
	if o.JSON {
		return render.JSON(o.f.IO, answer)
	}
	if err := o.plan(answer.GetMoves()); err != nil {
		return err
	}
	done := "%s is out of service; 'comfysched worker return %[1]s' ends it"
	if o.DryRun {
		done = "Nothing was changed; without --dry-run %s goes out of service"
	}
	return o.f.IO.Tell(done+more(answer.GetMoreBookings()), term.Line(worker))
}

// plan prints what becomes of the bookings.
func (o *outageOptions) plan(moves []*pb.PlannedMove) error {
	if !o.f.IO.IsStdoutTTY() {
		t := render.NewTable(o.f.IO)
		for _, m := range moves {
			after := ""
			if m.GetTo() != nil {
				after = o.f.Clock.Exact(m.GetTo().GetStartMs())
			}
			t.Row(render.Text(m.GetJobId()), render.Text(o.f.Clock.Exact(m.GetFrom().GetStartMs())), render.Text(m.GetToWorkerId()),
				render.Text(after), render.Text(m.GetProblem()))
		}
		return t.Print()
	}
	if len(moves) == 0 {
		return nil
	}
	t := render.NewTable(o.f.IO, "JOB", "USER", "FROM", "TO", "WORKER")
	t.Names = []string{"USER"}
	for _, m := range moves {
		to, on := "stays: "+m.GetProblem(), ""
		if m.GetTo() != nil {
			to, on = o.f.Clock.Cell(m.GetTo().GetStartMs()), m.GetToWorkerId()
		}
		t.Row(render.Text(refs.Short(m.GetJobId())), render.Text(m.GetUserName()), render.Text(o.f.Clock.Cell(m.GetFrom().GetStartMs())),
			render.Text(to), render.Text(on))
	}
	return t.Print()
}

func more(bookings int32) string {
	if bookings == 0 {
		return ""
	}
	return fmt.Sprintf("; %d more bookings follow in a moment", bookings)
}

func newCmdReturn(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "return WORKER",
		Short:             "Return a worker to service",
		Long:              "Return a worker to service, so that it takes bookings and starts jobs again. It does no harm when it is in service.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.Complete(1, factory.Workers),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			if _, err := client.Workers.ReturnWorkerToService(cmd.Context(), &pb.ReturnWorkerToServiceRequest{WorkerId: args[0]}); err != nil {
				return err
			}
			return f.IO.Tell("%s is in service", term.Line(args[0]))
		},
	}
}
