package book

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/paramflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/startflag"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// again says how to find out what became of a booking without booking twice.
func (o *Options) again() string {
	return startflag.Repeated(o.Args, o.start, o.Clock, o.RequestID) + " books it once"
}

// repeated is the answer to a request whose id has booked before, as the server said in refused. A command that is
// repeated with a start such as "in 3h" asks for another moment each time: when nothing but that differs, it is the job
// that was booked first.
func (o *Options) repeated(ctx context.Context, client *api.Client, req *pb.BookJobRequest, refused error) (*pb.BookJobResponse, error) {
	id := problem.Metadata(refused)["job_id"]
	if !o.start.Relative || id == "" {
		return nil, refused
	}
	answer, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	if err != nil {
		return nil, err
	}
	j := answer.GetJob()
	parameters, err := paramflag.Complete(ctx, client.Scheduler, j.GetWorkflowId(), req.GetParameters())
	if err != nil {
		return nil, err
	}
	if !asked(req, j) || !proto.Equal(&pb.Job{Parameters: parameters}, &pb.Job{Parameters: j.GetParameters()}) {
		return nil, refused
	}
	if !o.Out.Quiet {
		fmt.Fprintf(o.IO.Err, "booked already, as %s for %s\n", jobref.Short(id), o.Clock.Stamp(j.GetTimeSlot()))
	}
	return &pb.BookJobResponse{Job: j}, nil
}

// asked reports whether a job is what a request names, its start and parameters left out.
func asked(req *pb.BookJobRequest, j *pb.Job) bool {
	return req.GetPrompt() == j.GetPrompt() &&
		(req.Seed == nil || req.GetSeed() == j.GetSeed()) &&
		(req.GetWorkflowId() == "" || req.GetWorkflowId() == j.GetWorkflowId()) &&
		(req.GetWorkerId() == "" || req.GetWorkerId() == j.GetWorkerId())
}
