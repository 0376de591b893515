package refs

import (
	"context"
	"math"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// UserHelp describes how users are named.
const UserHelp = `A user is named by name or id.`

// UserID gives the id of the user that ref names.
func UserID(ctx context.Context, admin pb.AdminServiceClient, ref string) (id string, err error) {
	if parsed, err := uuid.Parse(ref); err == nil {
		return parsed.String(), nil
	}
	_, err = api.ReadPages(math.MaxInt, func(size int32, token string) (int, string, error) {
		answer, err := admin.ListUsers(ctx, &pb.ListUsersRequest{PageSize: size, PageToken: token})
		if err != nil {
			return 0, "", err
		}
		for _, account := range answer.GetUsers() {
			if account.GetUser().GetName() == ref {
				id = account.GetUser().GetId()
				return 1, "", nil
			}
		}
		return len(answer.GetUsers()), answer.GetNextPageToken(), nil
	})
	if err == nil && id == "" {
		err = exitcode.Errorf(exitcode.NotFound, "there is no user called %q", ref)
	}
	return id, err
}
