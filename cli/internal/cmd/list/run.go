package list

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func listRun(ctx context.Context, opts *Options) error {
	client, err := opts.Client()
	if err != nil {
		return err
	}
	req := &pb.ListJobsRequest{Statuses: opts.Statuses, WorkerId: opts.Worker, Order: pb.JobOrder_JOB_ORDER_TIME_SLOT_DESC}
	if req.Window, err = opts.window(); err != nil {
		return err
	}
	if opts.Asc {
		req.Order = pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC
	}
	if req.UserId, err = opts.userID(ctx, client); err != nil {
		return err
	}
	var answer pb.ListJobsResponse
	for len(answer.Jobs) < opts.Limit {
		req.PageSize = int32(min(opts.Limit-len(answer.Jobs), 500))
		page, err := client.Scheduler.ListJobs(ctx, req)
		if err != nil {
			return err
		}
		answer.Jobs = append(answer.Jobs, page.GetJobs()...)
		answer.NextPageToken, req.PageToken = page.GetNextPageToken(), page.GetNextPageToken()
		if req.PageToken == "" {
			break
		}
	}
	return opts.show(&answer)
}

// userID is the user whose jobs are wanted; empty for everybody's.
func (o *Options) userID(ctx context.Context, client *api.Client) (string, error) {
	switch {
	case o.Mine:
		me, err := client.Identity.GetMe(ctx, &pb.GetMeRequest{})
		return me.GetUser().GetId(), err
	case o.User == "":
		return "", nil
	}
	if id, err := uuid.Parse(o.User); err == nil {
		return id.String(), nil
	}
	state, err := client.Scheduler.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		return "", err
	}
	for _, c := range state.GetSnapshot().GetConnectedUsers() {
		if c.GetUserName() == o.User {
			return c.GetUserId(), nil
		}
	}
	for _, j := range state.GetSnapshot().GetJobs() {
		if j.GetUserName() == o.User {
			return j.GetUserId(), nil
		}
	}
	return "", exitcode.Errorf(exitcode.NotFound, "nobody called %q is connected or has a recent job; give the user's id", o.User)
}

func (o *Options) show(answer *pb.ListJobsResponse) error {
	switch {
	case o.Out.JSON:
		return apijson.Print(o.IO, answer)
	case o.Out.Quiet:
		for _, j := range answer.GetJobs() {
			fmt.Fprintln(o.IO.Out, j.GetId())
		}
		return nil
	}
	if len(answer.GetJobs()) == 0 && o.IO.IsStdoutTTY() {
		fmt.Fprintln(o.IO.Err, "No jobs.")
		return nil
	}
	if err := jobview.List(o.IO, o.Clock, answer.GetJobs()); err != nil {
		return err
	}
	if answer.GetNextPageToken() != "" && o.IO.IsStdoutTTY() {
		fmt.Fprintf(o.IO.Err, "There are more than these %d; --limit shows them.\n", len(answer.GetJobs()))
	}
	return nil
}
