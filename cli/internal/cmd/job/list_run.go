package job

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func listRun(ctx context.Context, opts *listOptions) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	req := &pb.ListJobsRequest{
		Statuses:   opts.Statuses,
		WorkerId:   opts.Worker,
		WorkflowId: opts.Workflow,
		Window:     opts.Window,
		Order:      pb.JobOrder_JOB_ORDER_TIME_SLOT_DESC,
	}
	if opts.Asc {
		req.Order = pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC
	}
	if req.UserId, req.UserName, err = owner(ctx, client, opts.User, opts.Mine); err != nil {
		return err
	}
	read := func(size int32, token string) (render.Page, error) {
		req.PageSize, req.PageToken = size, token
		answer, err := client.Scheduler.ListJobs(ctx, req)
		table := render.JobTable(opts.IO, opts.Clock, answer.GetJobs(), api.NamesOf(answer.GetUsers()))
		return render.Page{Answer: answer, IDs: ids(answer.GetJobs()), Table: table}, err
	}
	return render.Pages{Things: "jobs", None: "No jobs.", Limit: &opts.Limit, Read: read}.Print(opts.IO, opts.Out)
}

func ids(jobs []*pb.Job) (out []string) {
	for _, j := range jobs {
		out = append(out, j.GetId())
	}
	return out
}
