package refs

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// JobHelp describes how jobs are named.
const JobHelp = `A job is named by its id or by the end of it, at least four characters, as tables show it.`

// JobID gives the full id of the job that ref names. A whole id is taken as it is: no server is asked whether it exists.
func JobID(ctx context.Context, client *api.Client, ref string) (string, error) {
	end, whole, err := ParseID("job", ref)
	if err != nil || whole {
		return end, err
	}
	page, err := client.Scheduler.ListJobs(ctx, &pb.ListJobsRequest{IdSuffix: end, PageSize: 2})
	if err != nil {
		return "", err
	}
	var found []string
	for _, j := range page.GetJobs() {
		found = append(found, j.GetId())
	}
	return PickID("job", end, found)
}

// Job reads the job that ref names, and what its owner is called.
func Job(ctx context.Context, client *api.Client, ref string) (*pb.GetJobResponse, error) {
	id, err := JobID(ctx, client, ref)
	if err != nil {
		return nil, err
	}
	return client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
}
