// Package jobref is how people name jobs.
package jobref

import (
	"context"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/idref"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Help describes how jobs are named.
const Help = `A job is named by its id or by the end of it, at least four characters, as tables show it.`

// Short is the end of an id that is shown to people.
func Short(id string) string { return idref.Short(id) }

// maxPages bounds the search through the history.
const maxPages = 20

// Resolve gives the full id of the job that ref names.
func Resolve(ctx context.Context, scheduler pb.SchedulerServiceClient, ref string) (string, error) {
	ref, whole, err := idref.Parse("job", ref)
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
		if req.PageToken == "" || len(ref) >= idref.Shown && len(found) > 0 {
			break
		}
	}
	return idref.Pick("job", ref, found)
}

// Get reads the job that ref names.
func Get(ctx context.Context, scheduler pb.SchedulerServiceClient, ref string) (*pb.Job, error) {
	id, err := Resolve(ctx, scheduler, ref)
	if err != nil {
		return nil, err
	}
	answer, err := scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	return answer.GetJob(), err
}
