// Package user is the administrators' commands for users.
package user

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// NewCmdUser makes the command and those below it.
func NewCmdUser(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Manage users (administrators)",
		Long:  `Manage the users of a server; who is connected is told by 'comfysched users'. Only administrators may.`,
	}
	cmd.AddCommand(newCmdList(f), newCmdCreate(f), newCmdToken(f), newCmdRevoke(f), newCmdDelete(f),
		newCmdRole(f, "promote", "Make a user an administrator", "%s is an administrator now", true),
		newCmdRole(f, "demote", "Make an administrator a user like others", "%s is no administrator any more", false))
	return cmd
}

func newCmdCreate(f *factory.Factory) *cobra.Command {
	var out flags.Out
	var req pb.CreateUserRequest
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Make a user and a token for it",
		Long: `Make a user and a token for it. Without NAME it is called like those who sign in by themselves, such as User-3.

` + render.SecretHelp + ` 'comfysched login --token -' takes it, and so does the web client.`,
		Example: `  comfysched user create Ada > token.txt`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				req.Name = args[0]
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			req.RequestId = uuid.NewString()
			answer, err := api.Once(cmd.Context(), func(ctx context.Context) (*pb.CreateUserResponse, error) {
				return client.Admin.CreateUser(ctx, &req)
			})
			if err != nil {
				return err
			}
			return render.Secret(f.IO, out, answer, answer.GetToken(),
				fmt.Sprintf("Made user %s. The token is shown this once:", f.IO.Bold(term.Line(answer.GetUser().GetName()))))
		},
	}
	cmd.Flags().BoolVar(&req.Administrator, "administrator", false, "make it an administrator")
	out.Bind(cmd, "the token")
	return cmd
}

func newCmdToken(f *factory.Factory) *cobra.Command {
	var out flags.Out
	var name string
	cmd := &cobra.Command{
		Use:   "token USER",
		Short: "Make a further token for a user who has lost theirs",
		Long: `Make a further token for a user who has lost theirs. The others stay valid: 'comfysched user revoke' revokes them.

` + refs.UserHelp + `

` + render.SecretHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(f, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, id, err := resolve(cmd.Context(), f, args[0])
			if err != nil {
				return err
			}
			req := &pb.CreateUserTokenRequest{UserId: id, Name: name, RequestId: uuid.NewString()}
			answer, err := api.Once(cmd.Context(), func(ctx context.Context) (*pb.CreateUserTokenResponse, error) {
				return client.Admin.CreateUserToken(ctx, req)
			})
			if err != nil {
				return err
			}
			return render.Secret(f.IO, out, answer, answer.GetSecret(),
				fmt.Sprintf("Made a token for %s. It is shown this once:", term.Line(args[0])))
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the token is `for`")
	out.Bind(cmd, "the token")
	return cmd
}

func newCmdRevoke(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke USER",
		Short: "Make all tokens of a user worthless",
		Long: `Make all tokens of a user worthless; what is connected with them is cut off. The user and its jobs stay.

` + refs.UserHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(f, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, id, err := resolve(cmd.Context(), f, args[0])
			if err != nil {
				return err
			}
			answer, err := client.Admin.RevokeUserTokens(cmd.Context(), &pb.RevokeUserTokensRequest{UserId: id})
			if err != nil {
				return err
			}
			plural := "s"
			if answer.GetRevoked() == 1 {
				plural = ""
			}
			return f.IO.Tell("Revoked %d token%s of %s", answer.GetRevoked(), plural, term.Line(args[0]))
		},
	}
}

func newCmdRole(f *factory.Factory, use, short, done string, administrator bool) *cobra.Command {
	return &cobra.Command{
		Use:               use + " USER",
		Short:             short,
		Long:              short + ".\n\n" + refs.UserHelp,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(f, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, id, err := resolve(cmd.Context(), f, args[0])
			if err != nil {
				return err
			}
			answer, err := client.Admin.UpdateUser(cmd.Context(), &pb.UpdateUserRequest{
				UserId:        id,
				Administrator: administrator,
				UpdateMask:    &fieldmaskpb.FieldMask{Paths: []string{"administrator"}},
			})
			if err != nil {
				return err
			}
			return f.IO.Tell(done, term.Line(answer.GetUser().GetName()))
		},
	}
}

func resolve(ctx context.Context, f *factory.Factory, ref string) (client *api.Client, id string, err error) {
	if client, err = f.Client(); err != nil {
		return nil, "", err
	}
	id, err = refs.UserID(ctx, client.Admin, ref)
	return client, id, err
}

func complete(f *factory.Factory, limit int) cobra.CompletionFunc {
	return f.Complete(limit, func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
		answer, err := client.Admin.ListUsers(ctx, &pb.ListUsersRequest{PageSize: 500})
		for _, account := range answer.GetUsers() {
			words = append(words, term.Line(account.GetUser().GetName()))
		}
		return words, err
	})
}
