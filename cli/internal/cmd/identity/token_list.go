package identity

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdTokenList(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Short: "List your tokens, the latest first",
		Long: `List your tokens that are not revoked, the latest first. The one of this machine is marked with *.

In a pipe each token is one tab-separated line: id, created, last used (RFC 3339, to within an hour; empty when it was
not), current or empty, name.`,
	}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error) {
		answer, err := client.Identity.ListTokens(ctx, &pb.ListTokensRequest{PageSize: size, PageToken: token})
		return render.Page{Answer: answer, IDs: tokenIDs(answer.GetTokens()), Table: tokenRows(f, answer.GetTokens())}, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "tokens", None: "No tokens.", IDs: "ids", Read: read})
}

func tokenRows(f *factory.Factory, tokens []*pb.Token) *render.Table {
	zone := " (" + f.Clock.ZoneName() + ")"
	t := render.NewTable(f.IO, "ID", "CREATED"+zone, "USED"+zone, "", "NAME")
	for _, token := range tokens {
		id, moment, mark := token.GetId(), f.Clock.Exact, "current"
		if f.IO.IsStdoutTTY() {
			id, moment, mark = refs.Short(id), f.Clock.Minute, "*"
		}
		if !token.GetCurrent() {
			mark = ""
		}
		t.Row(
			render.Text(id),
			render.Text(moment(token.GetCreatedAtMs())),
			render.Moment(moment, token.GetLastUsedAtMs()),
			render.Text(mark),
			render.Text(token.GetName()),
		)
	}
	return t
}
