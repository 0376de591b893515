package identity

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const tokenHelp = `A token is named by its id or by the end of it, as 'comfysched token list' shows it; that is no secret.`

// NewCmdToken makes the command and those below it.
func NewCmdToken(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Manage the tokens that prove who you are",
		Long: `Manage the tokens that prove who you are: one for each browser, machine and script, so that one can be revoked without
the others.`,
	}
	cmd.AddCommand(newCmdTokenList(f), newCmdTokenCreate(f), newCmdTokenRename(f), newCmdTokenRevoke(f))
	return cmd
}

func newCmdTokenCreate(f *factory.Factory) *cobra.Command {
	var out flags.Out
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a further token, for a script or another machine",
		Long: `Make a further token, for a script or another machine. NAME is what it is for.

` + render.SecretHelp + ` 'comfysched login --token -' takes it, or COMFYSCHED_TOKEN.`,
		Example: `  comfysched token create "render script" > token.txt
  ssh studio comfysched login --token - < token.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			req := &pb.CreateTokenRequest{Name: args[0], RequestId: uuid.NewString()}
			answer, err := api.Once(cmd.Context(), func(ctx context.Context) (*pb.CreateTokenResponse, error) {
				return client.Identity.CreateToken(ctx, req)
			})
			if err != nil {
				return err
			}
			made := answer.GetToken()
			return render.Secret(f.IO, out, answer, answer.GetSecret(),
				fmt.Sprintf("Made token %s, %q. It is shown this once:", f.IO.Bold(refs.Short(made.GetId())), term.Line(made.GetName())))
		},
	}
	out.Bind(cmd, "the secret")
	return cmd
}

func newCmdTokenRename(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "rename TOKEN NAME",
		Short:             "Change what a token is called",
		Long:              "Change what a token is called.\n\n" + tokenHelp,
		Example:           `  comfysched token rename 3f2a1b2c "laptop at home"`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeTokens(f, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			id, err := tokenID(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			if _, err := client.Identity.UpdateToken(cmd.Context(), &pb.UpdateTokenRequest{TokenId: id, Name: args[1]}); err != nil {
				return err
			}
			return f.IO.Tell("Token %s is now called %q", refs.Short(id), term.Line(args[1]))
		},
	}
}

func newCmdTokenRevoke(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke TOKEN...",
		Short: "Make tokens worthless",
		Long: `Make tokens worthless; what is connected with them is cut off. Of several, one that cannot be revoked does not keep the
others from it. 'comfysched logout' revokes the token of this machine.

` + tokenHelp,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeTokens(f, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(ref string) error {
				id, err := tokenID(cmd.Context(), client, ref)
				if err != nil {
					return err
				}
				if _, err := client.Identity.RevokeToken(cmd.Context(), &pb.RevokeTokenRequest{TokenId: id}); err != nil {
					return err
				}
				return f.IO.Tell("Revoked token %s", refs.Short(id))
			})
		},
	}
}

func tokenID(ctx context.Context, client *api.Client, ref string) (string, error) {
	id, whole, err := refs.ParseID("token", ref)
	if err != nil || whole {
		return id, err
	}
	tokens, err := allTokens(ctx, client)
	if err != nil {
		return "", err
	}
	return refs.PickID("token", id, tokenIDs(tokens))
}

func allTokens(ctx context.Context, client *api.Client) (tokens []*pb.Token, err error) {
	_, err = api.ReadPages(math.MaxInt, func(size int32, token string) (int, string, error) {
		answer, err := client.Identity.ListTokens(ctx, &pb.ListTokensRequest{PageSize: size, PageToken: token})
		tokens = append(tokens, answer.GetTokens()...)
		return len(answer.GetTokens()), answer.GetNextPageToken(), err
	})
	return tokens, err
}

func tokenIDs(tokens []*pb.Token) (out []string) {
	for _, t := range tokens {
		out = append(out, t.GetId())
	}
	return out
}

func completeTokens(f *factory.Factory, limit int) cobra.CompletionFunc {
	return f.Complete(limit, func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
		tokens, err := allTokens(ctx, client)
		for _, t := range tokens {
			words = append(words, cobra.CompletionWithDesc(refs.Short(t.GetId()), term.Line(t.GetName())))
		}
		return words, err
	})
}
