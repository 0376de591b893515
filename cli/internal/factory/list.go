package factory

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
)

// Listing says what a list is called and how a page of it is read; a failing read ends the command.
type Listing struct {
	// Things names its content, such as "jobs".
	Things string
	// None is said to people when there is nothing.
	None string
	// IDs says what --quiet prints.
	IDs string
	// Read reads one page of at most size things, from the page token on.
	Read func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error)
}

// ListCommand completes a command that takes no arguments and prints a list, by what cmd says of it.
func (f *Factory) ListCommand(cmd *cobra.Command, of Listing) *cobra.Command {
	var out flags.Out
	var limit flags.Limit
	cmd.Use, cmd.Aliases, cmd.Args = "list", []string{"ls"}, cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := limit.Check(); err != nil {
			return err
		}
		client, err := f.Client()
		if err != nil {
			return err
		}
		read := func(size int32, token string) (render.Page, error) {
			return of.Read(cmd.Context(), client, size, token)
		}
		return render.Pages{Things: of.Things, None: of.None, Limit: &limit, Read: read}.Print(f.IO, out)
	}
	limit.Bind(cmd, of.Things)
	out.Bind(cmd, of.IDs)
	return cmd
}
