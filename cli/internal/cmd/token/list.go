package token

import (
	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/idref"
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
		Short:   "List your tokens, the latest first",
		Long: `List your tokens that are not revoked, the latest first. The one of this machine is marked with *.

In a pipe each token is one tab-separated line: id, created, last used (RFC 3339, to within an hour; empty when it was
not), current or empty, name.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := limit.Check(); err != nil {
				return err
			}
			client, err := f.Client()
			if err != nil {
				return err
			}
			read := func(size int32, token string) (listing.Page, error) {
				answer, err := client.Identity.ListTokens(cmd.Context(), &pb.ListTokensRequest{PageSize: size, PageToken: token})
				return listing.Page{Answer: answer, IDs: ids(answer.GetTokens()), Table: rows(f, answer.GetTokens())}, err
			}
			return listing.Pages{Things: "tokens", None: "No tokens.", Limit: &limit, Read: read}.Print(f.IO, out)
		},
	}
	limit.Bind(cmd, "tokens")
	out.Bind(cmd, "ids")
	return cmd
}

func rows(f *factory.Factory, tokens []*pb.Token) *table.Table {
	zone := " (" + f.Clock.ZoneName() + ")"
	t := table.New(f.IO, "ID", "CREATED"+zone, "USED"+zone, "", "NAME")
	for _, token := range tokens {
		id, moment, mark := token.GetId(), f.Clock.Exact, "current"
		if f.IO.IsStdoutTTY() {
			id, moment, mark = idref.Short(id), f.Clock.Minute, "*"
		}
		if !token.GetCurrent() {
			mark = ""
		}
		t.Row(table.Text(id), table.Text(moment(token.GetCreatedAtMs())), table.Moment(moment, token.GetLastUsedAtMs()), table.Text(mark), table.Text(token.GetName()))
	}
	return t
}
