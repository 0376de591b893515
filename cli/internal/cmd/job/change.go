package job

import (
	"context"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// versionHelp describes the option for an explicit version.
const versionHelp = "change the job only if this is still its version `number`, as show and --json print it"

// moveTo books a job for another start. It fails when somebody changed the job since it had that version. args is the command
// line, for the offer of another start.
func moveTo(
	ctx context.Context, client *api.Client, id string, version int64, worker string, to flags.Moment, args []string,
) (*pb.MoveJobResponse, error) {
	req := &pb.MoveJobRequest{
		JobId:     id,
		Version:   version,
		Start:     &pb.MoveJobRequest_EarliestStartMs{EarliestStartMs: to.MS},
		WorkerId:  worker,
		RequestId: uuid.NewString(),
	}
	if to.Exact {
		req.Start = &pb.MoveJobRequest_StartMs{StartMs: to.MS}
	}
	answer, err := api.Once(ctx, func(ctx context.Context) (*pb.MoveJobResponse, error) { return client.Scheduler.MoveJob(ctx, req) })
	return answer, problem.OfferNext(err, func(next string) string { return flags.Retimed(args, next) })
}

// update changes the inputs of a job, by a request that lacks only its request id.
func update(ctx context.Context, client *api.Client, req *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error) {
	req.RequestId = uuid.NewString()
	return api.Once(ctx, func(ctx context.Context) (*pb.UpdateJobResponse, error) { return client.Scheduler.UpdateJob(ctx, req) })
}
