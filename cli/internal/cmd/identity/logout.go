package identity

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// logoutOptions are the options of logout and what it works with.
type logoutOptions struct {
	*factory.Factory
}

// NewCmdLogout makes the command.
func NewCmdLogout(f *factory.Factory) *cobra.Command {
	opts := &logoutOptions{Factory: f}
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

func logoutRun(ctx context.Context, opts *logoutOptions) error {
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
