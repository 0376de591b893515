package job

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// showsRows reports whether jobs are printed as rows, which hold the names of their owners.
func showsRows(f *factory.Factory, out flags.Out) bool {
	return !out.JSON && !out.Quiet && !f.IO.IsStdoutTTY()
}

// ownName reads the caller's name. It never fails, because what was booked is booked: without an answer there is no name.
func ownName(ctx context.Context, client *api.Client) api.Names {
	answer, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
	if err != nil {
		return nil
	}
	return api.Names{answer.GetUser().GetId(): answer.GetUser().GetName()}
}
