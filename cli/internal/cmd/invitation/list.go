package invitation

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func newCmdList(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Short: "List the invitations that can still be used, the latest first",
		Long: `List the invitations that can still be used, the latest first.

In a pipe each is one tab-separated line: id, created, good until (RFC 3339), users it has made, users it may make, who
made it, note.`,
	}
	read := func(ctx context.Context, client *api.Client, size int32, token string) (render.Page, error) {
		answer, err := client.Admin.ListInvitations(ctx, &pb.ListInvitationsRequest{PageSize: size, PageToken: token})
		return render.Page{Answer: answer, IDs: ids(answer.GetInvitations()), Table: rows(f, answer.GetInvitations())}, err
	}
	return f.ListCommand(cmd, factory.Listing{Things: "invitations", None: "No invitations.", IDs: "ids", Read: read})
}

func rows(f *factory.Factory, invitations []*pb.Invitation) *render.Table {
	if !f.IO.IsStdoutTTY() {
		t := render.NewTable(f.IO)
		for _, i := range invitations {
			t.Row(render.Text(i.GetId()), render.Text(f.Clock.Exact(i.GetCreatedAtMs())), render.Text(f.Clock.Exact(i.GetExpiresAtMs())),
				render.Text(fmt.Sprint(i.GetUses())), render.Text(fmt.Sprint(i.GetMaxUses())), render.Text(i.GetCreatedBy()), render.Text(i.GetNote()))
		}
		return t
	}
	t := render.NewTable(f.IO, "ID", "GOOD UNTIL ("+f.Clock.ZoneName()+")", "USED", "BY", "NOTE")
	t.Names = []string{"BY"}
	for _, i := range invitations {
		t.Row(render.Text(refs.Short(i.GetId())), render.Text(f.Clock.Minute(i.GetExpiresAtMs())),
			render.Text(fmt.Sprintf("%d of %d", i.GetUses(), i.GetMaxUses())), render.Text(i.GetCreatedBy()), render.Text(i.GetNote()))
	}
	return t
}

func all(ctx context.Context, client *api.Client) (invitations []*pb.Invitation, err error) {
	_, err = api.ReadPages(math.MaxInt, func(size int32, token string) (int, string, error) {
		answer, err := client.Admin.ListInvitations(ctx, &pb.ListInvitationsRequest{PageSize: size, PageToken: token})
		invitations = append(invitations, answer.GetInvitations()...)
		return len(answer.GetInvitations()), answer.GetNextPageToken(), err
	})
	return invitations, err
}

func ids(invitations []*pb.Invitation) (out []string) {
	for _, i := range invitations {
		out = append(out, i.GetId())
	}
	return out
}
