package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/limitflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/listing"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/table"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdList(f *factory.Factory) *cobra.Command {
	var out outflag.Flags
	var limit limitflag.Flags
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List all users, the latest first",
		Long: `List all users, the latest first.

In a pipe each user is one tab-separated line: id, administrator or user, tokens, last used (RFC 3339, to within an hour;
empty when none was), created, name.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := limit.Check(); err != nil {
				return err
			}
			return listRun(cmd.Context(), f, &limit, out)
		},
	}
	limit.Bind(cmd, "users")
	out.Bind(cmd, "ids")
	return cmd
}

func listRun(ctx context.Context, f *factory.Factory, limit *limitflag.Flags, out outflag.Flags) error {
	client, err := f.Client()
	if err != nil {
		return err
	}
	read := func(size int32, token string) (listing.Page, error) {
		answer, err := client.Admin.ListUsers(ctx, &pb.ListUsersRequest{PageSize: size, PageToken: token})
		return listing.Page{Answer: answer, IDs: ids(answer.GetUsers()), Table: rows(f, answer.GetUsers())}, err
	}
	return listing.Pages{Things: "users", None: "No users.", Limit: limit, Read: read}.Print(f.IO, out)
}

func ids(accounts []*pb.UserAccount) (out []string) {
	for _, account := range accounts {
		out = append(out, account.GetUser().GetId())
	}
	return out
}

func rows(f *factory.Factory, accounts []*pb.UserAccount) *table.Table {
	tty, zone := f.IO.IsStdoutTTY(), " ("+f.Clock.ZoneName()+")"
	t := table.New(f.IO, "ROLE", "TOKENS", "USED"+zone, "CREATED"+zone, "NAME")
	for _, account := range accounts {
		u := account.GetUser()
		role := table.Text("user")
		if u.GetAdministrator() {
			role = table.Cell{Text: "administrator", Style: f.IO.Yellow}
		}
		moment := f.Clock.Minute
		var cells []table.Cell
		if !tty {
			moment, cells = f.Clock.Exact, []table.Cell{table.Text(u.GetId())}
		}
		t.Row(append(cells, role, table.Text(fmt.Sprint(account.GetTokens())), table.Moment(moment, account.GetLastUsedAtMs()),
			table.Text(moment(u.GetCreatedAtMs())), table.Text(u.GetName()))...)
	}
	return t
}
