package user

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdList(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Short: "List all users, the latest first",
		Long: `List all users, the latest first.

In a pipe each user is one tab-separated line: id, administrator or user, tokens, last used (RFC 3339, to within an hour;
empty when none was), created, name.`,
	}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error) {
		answer, err := client.Admin.ListUsers(ctx, &pb.ListUsersRequest{PageSize: size, PageToken: token})
		return render.Page{Answer: answer, IDs: ids(answer.GetUsers()), Table: rows(f, answer.GetUsers())}, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "users", None: "No users.", IDs: "ids", Read: read})
}

func ids(accounts []*pb.UserAccount) (out []string) {
	for _, account := range accounts {
		out = append(out, account.GetUser().GetId())
	}
	return out
}

func rows(f *factory.Factory, accounts []*pb.UserAccount) *render.Table {
	tty, zone := f.IO.IsStdoutTTY(), " ("+f.Clock.ZoneName()+")"
	t := render.NewTable(f.IO, "ROLE", "TOKENS", "USED"+zone, "CREATED"+zone, "NAME")
	for _, account := range accounts {
		u := account.GetUser()
		role := render.Text("user")
		if u.GetAdministrator() {
			role = render.Cell{Text: "administrator", Style: f.IO.Yellow}
		}
		moment := f.Clock.Minute
		var cells []render.Cell
		if !tty {
			moment, cells = f.Clock.Exact, []render.Cell{render.Text(u.GetId())}
		}
		t.Row(append(cells, role, render.Text(fmt.Sprint(account.GetTokens())), render.Moment(moment, account.GetLastUsedAtMs()),
			render.Text(moment(u.GetCreatedAtMs())), render.Text(u.GetName()))...)
	}
	return t
}
