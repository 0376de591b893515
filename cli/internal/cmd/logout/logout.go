// Package logout is the command that revokes the caller's token.
package logout

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what signing out needs.
type Options struct {
	IO     *iostreams.IOStreams
	Client func() (*api.Client, error)
}

// NewCmdLogout makes the command.
func NewCmdLogout(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Client: f.Client}
	return &cobra.Command{
		Use:   "logout",
		Short: "Revoke your token on the server and forget it",
		Long: `Revoke your token on the server and forget it. Your jobs stay booked, but nobody holds the token that could change them:
the next command signs in as a new user. With COMFYSCHED_TOKEN set, that token is revoked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.Passive = true
			return logoutRun(cmd.Context(), opts)
		},
	}
}

func logoutRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	_, err = client.Identity.SignOut(ctx, &pb.SignOutRequest{})
	// A token that the server does not know any more is as good as revoked.
	if err != nil && status.Code(err) != codes.Unauthenticated {
		return err
	}
	if client.Keeper.Override == "" {
		if err := client.Keeper.Forget(); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(opts.IO.Out, "Signed out of %s\n", client.Address)
	return err
}
