// Package jobref is how people name jobs: by the end of the id, which differs even among jobs booked in one moment.
package jobref

import (
	"context"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Help describes how jobs are named.
const Help = `A job is named by its id or by the end of it, at least four characters, as tables show it.`

// shown is how much of an id is shown to people.
const shown = 8

// Short is the end of an id that is shown to people.
func Short(id string) string { return id[max(len(id)-shown, 0):] }

var shape = regexp.MustCompile(`^[0-9a-f-]{4,35}$`)

// maxPages bounds the search through the history.
const maxPages = 20

// Resolve gives the full id of the job that ref names.
func Resolve(ctx context.Context, scheduler pb.SchedulerServiceClient, ref string) (string, error) {
	ref = strings.ToLower(strings.TrimSpace(ref))
	if id, err := uuid.Parse(ref); err == nil {
		return id.String(), nil
	}
	if !shape.MatchString(ref) {
		return "", exitcode.Usagef("%q is not a job id: give at least the last four characters of one", ref)
	}
	found := map[string]bool{}
	var req pb.ListJobsRequest
	req.PageSize = 500
	for range maxPages {
		page, err := scheduler.ListJobs(ctx, &req)
		if err != nil {
			return "", err
		}
		for _, j := range page.GetJobs() {
			if strings.HasSuffix(j.GetId(), ref) {
				found[j.GetId()] = true
			}
		}
		req.PageToken = page.GetNextPageToken()
		// The end of an id that tables show is as good as unique: no need to read the whole history.
		if req.PageToken == "" || len(ref) >= shown && len(found) > 0 {
			break
		}
	}
	switch len(found) {
	case 0:
		return "", exitcode.Errorf(exitcode.NotFound, "there is no job %s", ref)
	case 1:
		for id := range found {
			return id, nil
		}
	}
	return "", exitcode.Usagef("%d jobs end with %s: give more of the id", len(found), ref)
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
