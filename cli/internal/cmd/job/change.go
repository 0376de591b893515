package job

import (
	"context"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// change is new values for a job and the names of the fields that they replace.
type change struct {
	Edit  pb.JobEdit
	Paths []string
}

// Start moves the job.
func (c *change) Start(s flags.Moment) {
	if s.Exact {
		c.Edit.TimeSlot = s.MS
		c.Paths = append(c.Paths, "time_slot")
		return
	}
	c.Edit.NextFreeFrom = s.MS
	c.Paths = append(c.Paths, "next_free_from")
}

// Apply writes the change to the job as it was read, or as it was at an explicit version when that is not 0. It fails
// when somebody changed the job since. args is the command line, for the offer of another start.
func (c *change) Apply(
	ctx context.Context, scheduler pb.SchedulerServiceClient, j *pb.Job, version int64, args []string,
) (*pb.UpdateJobResponse, error) {
	if version == 0 {
		version = j.GetVersion()
	}
	answer, err := scheduler.UpdateJob(ctx, &pb.UpdateJobRequest{
		JobId: j.GetId(), Version: version, Edit: &c.Edit, UpdateMask: &fieldmaskpb.FieldMask{Paths: c.Paths},
	})
	return answer, problem.OfferNext(err, func(next string) string { return flags.Retimed(args, next) })
}

// versionHelp describes the option for an explicit version.
const versionHelp = "change the job only if this is still its version `number`, as show and --json print it"
