// Package token is the commands for one's own tokens.
package token

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/idref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/paging"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/secret"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const named = `A token is named by its id or by the end of it, as 'comfysched token list' shows it; that is no secret.`

// NewCmdToken makes the command and those below it.
func NewCmdToken(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Manage the tokens that prove who you are",
		Long: `Manage the tokens that prove who you are: one for each browser, machine and script, so that one can be revoked without
the others.`,
	}
	cmd.AddCommand(newCmdList(f), newCmdCreate(f), newCmdRename(f), newCmdRevoke(f))
	return cmd
}

func newCmdCreate(f *factory.Factory) *cobra.Command {
	var out outflag.Flags
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a further token, for a script or another machine",
		Long: `Make a further token, for a script or another machine. NAME is what it is for.

` + secret.Help + ` 'comfysched login --token -' takes it, or COMFYSCHED_TOKEN.`,
		Example: `  comfysched token create "render script" > token.txt
  ssh studio comfysched login --token - < token.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			answer, err := client.Identity.CreateToken(cmd.Context(), &pb.CreateTokenRequest{Name: args[0]})
			if err != nil {
				return err
			}
			made := answer.GetToken()
			return secret.Print(f.IO, out, answer, answer.GetSecret(),
				fmt.Sprintf("Made token %s, %q. It is shown this once:", f.IO.Bold(idref.Short(made.GetId())), plaintext.Line(made.GetName())))
		},
	}
	out.Bind(cmd, "the secret")
	return cmd
}

func newCmdRename(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:               "rename TOKEN NAME",
		Short:             "Change what a token is called",
		Long:              "Change what a token is called.\n\n" + named,
		Example:           `  comfysched token rename 3f2a1b2c "laptop at home"`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: complete(f, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			id, err := resolve(cmd.Context(), client, args[0])
			if err != nil {
				return err
			}
			if _, err := client.Identity.RenameToken(cmd.Context(), &pb.RenameTokenRequest{TokenId: id, Name: args[1]}); err != nil {
				return err
			}
			return f.IO.Tell("Token %s is now called %q", idref.Short(id), plaintext.Line(args[1]))
		},
	}
}

func newCmdRevoke(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke TOKEN...",
		Short: "Make tokens worthless",
		Long: `Make tokens worthless; what is connected with them is cut off. Of several, one that cannot be revoked does not keep the
others from it. 'comfysched logout' revokes the token of this machine.

` + named,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: complete(f, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.Client()
			if err != nil {
				return err
			}
			return problem.Each(f.IO.Err, f.Explainer(), args, func(ref string) error {
				id, err := resolve(cmd.Context(), client, ref)
				if err != nil {
					return err
				}
				if _, err := client.Identity.RevokeToken(cmd.Context(), &pb.RevokeTokenRequest{TokenId: id}); err != nil {
					return err
				}
				return f.IO.Tell("Revoked token %s", idref.Short(id))
			})
		},
	}
}

func resolve(ctx context.Context, client *api.Client, ref string) (string, error) {
	id, whole, err := idref.Parse("token", ref)
	if err != nil || whole {
		return id, err
	}
	tokens, err := all(ctx, client)
	if err != nil {
		return "", err
	}
	return idref.Pick("token", id, ids(tokens))
}

func all(ctx context.Context, client *api.Client) (tokens []*pb.Token, err error) {
	_, err = paging.Read(math.MaxInt, func(size int32, token string) (int, string, error) {
		answer, err := client.Identity.ListTokens(ctx, &pb.ListTokensRequest{PageSize: size, PageToken: token})
		tokens = append(tokens, answer.GetTokens()...)
		return len(answer.GetTokens()), answer.GetNextPageToken(), err
	})
	return tokens, err
}

func ids(tokens []*pb.Token) (out []string) {
	for _, t := range tokens {
		out = append(out, t.GetId())
	}
	return out
}

func complete(f *factory.Factory, limit int) cobra.CompletionFunc {
	return f.Complete(limit, func(ctx context.Context, client *api.Client, _ string) (words []cobra.Completion, err error) {
		tokens, err := all(ctx, client)
		for _, t := range tokens {
			words = append(words, cobra.CompletionWithDesc(idref.Short(t.GetId()), plaintext.Line(t.GetName())))
		}
		return words, err
	})
}
