package refs

import (
	"context"
	"strings"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// JobHelp describes how jobs are named.
const JobHelp = `A job is named by its id or by the end of it, at least four characters, as tables show it.`

// maxPages bounds the search through the history.
const maxPages = 20

// JobID gives the full id of the job that ref names.
func JobID(ctx context.Context, scheduler pb.SchedulerServiceClient, ref string) (string, error) {
	ref, whole, err := ParseID("job", ref)
	if err != nil || whole {
		return ref, err
	}
	var found []string
	var req pb.ListJobsRequest
	req.PageSize = 500
	for range maxPages {
		page, err := scheduler.ListJobs(ctx, &req)
		if err != nil {
			return "", err
		}
		for _, j := range page.GetJobs() {
			if strings.HasSuffix(j.GetId(), ref) {
				found = append(found, j.GetId())
			}
		}
		req.PageToken = page.GetNextPageToken()
		// The end of an id that tables show is as good as unique: no need to read the whole history.
		if req.PageToken == "" || len(ref) >= Shown && len(found) > 0 {
			break
		}
	}
	return PickID("job", ref, found)
}

// Job reads the job that ref names.
func Job(ctx context.Context, scheduler pb.SchedulerServiceClient, ref string) (*pb.Job, error) {
	id, err := JobID(ctx, scheduler, ref)
	if err != nil {
		return nil, err
	}
	answer, err := scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	return answer.GetJob(), err
}
