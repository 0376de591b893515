package user

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// deleteOptions are the options of user delete and what it works with.
type deleteOptions struct {
	f *factory.Factory

	Yes, Cancel bool
}

func newCmdDelete(f *factory.Factory) *cobra.Command {
	opts := &deleteOptions{f: f}
	cmd := &cobra.Command{
		Use:   "delete USER...",
		Short: "Delete users for good",
		Long: `Delete users for good. Their tokens are worthless at once, and prompts, parameters and results are erased from the history
of their jobs; what they booked stays on the timeline without their name. The files of their results stay in ComfyUI's output
folder. It cannot be taken back: on a terminal you are asked before, elsewhere --yes is needed.

Open bookings make it a conflict, unless --cancel-bookings cancels them. Of several users, one that cannot be deleted does
not keep the others from it; the exit code is that of the first.

` + refs.UserHelp,
		Example: `  comfysched user delete Ada
  comfysched user delete User-7 User-8 --cancel-bookings --yes`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: complete(f, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return opts.run(cmd.Context(), args)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVarP(&opts.Yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&opts.Cancel, "cancel-bookings", false, "cancel their open bookings")
	return cmd
}

func (o *deleteOptions) run(ctx context.Context, users []string) error {
	if err := o.confirm(ctx, users); err != nil {
		return err
	}
	return problem.Each(o.f.IO.Err, o.f.Explainer(), users, func(ref string) error { return o.one(ctx, ref) })
}

// confirm asks whether it is meant.
func (o *deleteOptions) confirm(ctx context.Context, users []string) error {
	switch {
	case o.Yes:
		return nil
	case !o.f.IO.IsStdinTTY() || !o.f.IO.IsStderrTTY():
		return exitcode.Usagef("deleting cannot be taken back: say --yes, where nobody can be asked")
	}
	yes, err := o.f.IO.Confirm(ctx, fmt.Sprintf("Delete %s for good?", term.Line(strings.Join(users, ", "))))
	if err == nil && !yes {
		err = exitcode.Errorf(exitcode.Failure, "nothing was deleted")
	}
	return err
}

func (o *deleteOptions) one(ctx context.Context, ref string) error {
	client, id, err := resolve(ctx, o.f, ref)
	if err != nil {
		return err
	}
	answer, err := client.Admin.DeleteUser(ctx, &pb.DeleteUserRequest{UserId: id, CancelBookings: o.Cancel})
	if err != nil {
		return problem.OfferWay(err, "--cancel-bookings cancels them")
	}
	cancelled := ""
	if n := answer.GetCancelledBookings(); n > 0 {
		cancelled = fmt.Sprintf("; cancelled bookings: %d", n)
	}
	return o.f.IO.Tell("Deleted %s%s", term.Line(ref), cancelled)
}
