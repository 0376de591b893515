// Package whoami is the command that tells who the caller is.
package whoami

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/table"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Options is what telling the caller's name needs.
type Options struct {
	IO     *iostreams.IOStreams
	Client func() (*api.Client, error)

	Rename string
	Out    outflag.Flags
}

// NewCmdWhoami makes the command.
func NewCmdWhoami(f *factory.Factory) *cobra.Command {
	opts := &Options{IO: f.IO, Client: f.Client}
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "Tell who you are to the server, or change your name",
		Long: `Tell who you are to the server. With --rename your name is changed: 1 to 40 printable characters that nobody else has.

In a pipe the user is one tab-separated line: name, id, and administrator or user.`,
		Example: `  comfysched whoami
  comfysched whoami --rename "Ada"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return whoamiRun(cmd.Context(), opts)
		},
	}
	cmd.Flags().StringVar(&opts.Rename, "rename", "", "change your `name`")
	opts.Out.Bind(cmd, "your id")
	return cmd
}

func whoamiRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if opts.Rename != "" {
		if _, err := client.Identity.RenameMe(ctx, &pb.RenameMeRequest{Name: opts.Rename}); err != nil {
			return err
		}
	}
	answer, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if err != nil {
		return err
	}
	me := answer.GetUser()
	role := "user"
	if me.GetAdministrator() {
		role = "administrator"
	}
	switch {
	case opts.Out.JSON:
		return apijson.Print(opts.IO, answer)
	case opts.Out.Quiet:
		_, err = fmt.Fprintln(opts.IO.Out, me.GetId())
	case opts.IO.IsStdoutTTY():
		_, err = fmt.Fprintf(opts.IO.Out, "%s, %s on %s\n", opts.IO.Bold(plaintext.Line(me.GetName())), role, client.Address)
	default:
		t := table.New(opts.IO)
		t.Row(table.Text(me.GetName()), table.Text(me.GetId()), table.Text(role))
		return t.Print()
	}
	return err
}
