// Package identity is the commands for who the caller is: whoami, login, logout and token.
package identity

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// whoamiOptions are the options of whoami and what it works with.
type whoamiOptions struct {
	*factory.Factory

	Rename string
	Out    flags.Out
}

// NewCmdWhoami makes the command.
func NewCmdWhoami(f *factory.Factory) *cobra.Command {
	opts := &whoamiOptions{Factory: f}
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

func whoamiRun(ctx context.Context, opts *whoamiOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	if opts.Rename != "" {
		if _, err := client.Identity.UpdateMe(ctx, &pb.UpdateMeRequest{Name: opts.Rename}); err != nil {
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
		return render.JSON(opts.IO, answer)
	case opts.Out.Quiet:
		_, err = fmt.Fprintln(opts.IO.Out, me.GetId())
	case opts.IO.IsStdoutTTY():
		_, err = fmt.Fprintf(opts.IO.Out, "%s, %s on %s\n", opts.IO.Bold(term.Line(me.GetName())), role, client.Address)
	default:
		t := render.NewTable(opts.IO)
		t.Row(render.Text(me.GetName()), render.Text(me.GetId()), render.Text(role))
		return t.Print()
	}
	return err
}
