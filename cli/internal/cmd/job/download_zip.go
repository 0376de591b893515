package job

import (
	"context"
	"fmt"
	"io"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// downloadZip saves results as one zip, or writes it to stdout.
func downloadZip(ctx context.Context, opts *downloadOptions, client *api.Client) error {
	path := api.ArchiveOfMine(opts.Window)
	switch {
	case opts.Series != "":
		path = api.ArchiveOfSeries(opts.Series)
	case len(opts.Jobs) > 0:
		answer, err := refs.Job(ctx, client, opts.Jobs[0])
		if err == nil {
			err = downloadable(answer.GetJob())
		}
		if err != nil {
			return err
		}
		path = api.ArchiveOfJob(answer.GetJob().GetId())
	}
	content, err := client.Archive(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if opts.Zip == "-" {
		_, err := io.Copy(opts.IO.Out, content)
		return err
	}
	absent, err := outcome.SaveZip(content, opts.Zip)
	if err != nil {
		return err
	}
	fmt.Fprintln(opts.IO.Out, term.Line(opts.Zip))
	for _, line := range absent {
		fmt.Fprintln(opts.IO.Err, "not in it: "+term.Line(line))
	}
	return nil
}

// listed is the number of jobs that are asked for at once.
const listed = 200

// completed lists the ids of completed jobs, of a series or the caller's own, the earliest first.
func completed(ctx context.Context, opts *downloadOptions, client *api.Client) (found []string, err error) {
	req := &pb.ListJobsRequest{
		Statuses: []pb.JobStatus{pb.JobStatus_JOB_STATUS_COMPLETED},
		SeriesId: opts.Series,
		Window:   opts.Window,
		Order:    pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC,
		PageSize: listed,
	}
	if opts.Mine {
		me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
		if err != nil {
			return nil, err
		}
		req.UserId = me.GetUser().GetId()
	}
	for {
		answer, err := client.Scheduler.ListJobs(ctx, req)
		if err != nil {
			return nil, err
		}
		found = append(found, ids(answer.GetJobs())...)
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			return found, nil
		}
	}
}
