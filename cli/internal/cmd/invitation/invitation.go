// Package invitation is the administrators' commands for invitations.
package invitation

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// NewCmdInvitation makes the command and those below it.
func NewCmdInvitation(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "invitation",
		Short: "Manage invitations (administrators)",
		Long:  `Manage invitations, with which people become users of a server that is not open to everybody. Only administrators may.`,
	}
	cmd.AddCommand(newCmdList(f), newCmdCreate(f), newCmdRevoke(f))
	return cmd
}

func newCmdCreate(f *factory.Factory) *cobra.Command {
	var out flags.Out
	var req pb.CreateInvitationRequest
	var lifetime string
	cmd := &cobra.Command{
		Use:   "create [NOTE]",
		Short: "Make an invitation",
		Long: `Make an invitation. NOTE is what it is for.

` + render.SecretHelp + ` It is a code for 'comfysched login --invitation', and for the page /invitation#CODE of the
web client.`,
		Example: `  comfysched invitation create "spring course" --uses 30 --for 2d`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := when.Duration(lifetime)
			if err != nil {
				return exitcode.Usagef("--for: %w", err)
			}
			req.LifetimeMs = d.Milliseconds()
			if len(args) == 1 {
				req.Note = args[0]
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			req.RequestId = uuid.NewString()
			answer, err := api.Once(cmd.Context(), func(ctx context.Context) (*pb.CreateInvitationResponse, error) {
				return client.Admin.CreateInvitation(ctx, &req)
			})
			if err != nil {
				return err
			}
			made := answer.GetInvitation()
			return render.Secret(f.IO, out, answer, answer.GetCode(), fmt.Sprintf("Made invitation %s, good until %s for %s: %s",
				f.IO.Bold(refs.Short(made.GetId())), f.Clock.Stamp(made.GetExpiresAtMs()), uses(made.GetMaxUses()), link(client, answer.GetCode())))
		},
	}
	cmd.Flags().StringVar(&lifetime, "for", "7d", "how `long` it is good, from a minute to a year")
	cmd.Flags().Int32Var(&req.MaxUses, "uses", 1, "how many `users` it may make, at most 1000")
	out.Bind(cmd, "the code")
	return cmd
}

func link(client *api.Client, code string) string {
	return client.Address.String() + "/invitation#" + code
}

func uses(n int32) string {
	if n == 1 {
		return "one user"
	}
	return fmt.Sprintf("%d users", n)
}

func newCmdRevoke(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke INVITATION...",
		Short: "Make invitations worthless",
		Long: `Make invitations worthless; the users that they have made stay. Of several, one that cannot be revoked does not keep the
others from it.

An invitation is named by its id or by the end of it, as 'comfysched invitation list' shows it.`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: f.Complete(0, func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
			invitations, err := all(ctx, client)
			for _, i := range invitations {
				words = append(words, cobra.CompletionWithDesc(refs.Short(i.GetId()), term.Line(i.GetNote())))
			}
			return words, err
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(ref string) error { return revoke(cmd.Context(), f, client, ref) })
		},
	}
}

func revoke(ctx context.Context, f *factory.Factory, client *api.Client, ref string) error {
	id, whole, err := refs.ParseID("invitation", ref)
	if err != nil {
		return err
	}
	if !whole {
		invitations, err := all(ctx, client)
		if err != nil {
			return err
		}
		if id, err = refs.PickID("invitation", id, ids(invitations)); err != nil {
			return err
		}
	}
	if _, err := client.Admin.RevokeInvitation(ctx, &pb.RevokeInvitationRequest{InvitationId: id}); err != nil {
		return err
	}
	return f.IO.Tell("Revoked invitation %s", refs.Short(id))
}
