package job

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// again says how to find out what became of a booking without booking twice.
func (o *bookOptions) again() string {
	return flags.Repeated(o.Args, o.start, o.Clock, o.RequestID) + " books it once"
}

// repeated is the answer to a request whose id has booked before, as the server said in refused. A command that is
// repeated with a start such as "in 3h" asks for another moment each time: when nothing but that differs, it is the job
// that was booked first.
func (o *bookOptions) repeated(
	ctx context.Context, client *api.Client, req *pb.BookJobRequest, refused error,
) (*pb.BookJobResponse, error) {
	id := api.Info(refused).GetMetadata()["job_id"]
	if !o.start.Relative || id == "" {
		return nil, refused
	}
	answer, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	if err != nil {
		return nil, err
	}
	j := answer.GetJob()
	w, err := refs.Workflow(ctx, client, j.GetWorkflowId())
	if err != nil {
		return nil, err
	}
	if !asked(req, j, w) {
		return nil, refused
	}
	if !o.Out.Quiet {
		fmt.Fprintf(o.IO.Err, "booked already, as %s for %s\n", refs.Short(id), o.Clock.Stamp(api.StartMS(j)))
	}
	return &pb.BookJobResponse{Job: j}, nil
}

// asked reports whether a job is what a request names, its start left out. Inputs of the workflow's form that the request
// leaves out have their defaults, and a seed any value.
func asked(req *pb.BookJobRequest, j *pb.Job, w *pb.Workflow) bool {
	inputs := map[string]*pb.InputValue{}
	for _, input := range w.GetInputs() {
		name := input.GetName()
		switch value := form.Default(input); {
		case req.GetInputs()[name] != nil:
			inputs[name] = req.GetInputs()[name]
		case input.GetSeed() != nil:
			inputs[name] = j.GetInputs()[name]
		case value != nil:
			inputs[name] = value
		}
	}
	return (req.GetWorkflowId() == "" || req.GetWorkflowId() == j.GetWorkflowId()) &&
		(req.GetWorkerId() == "" || req.GetWorkerId() == j.GetWorkerId()) &&
		proto.Equal(&pb.Job{Inputs: inputs}, &pb.Job{Inputs: j.GetInputs()})
}
