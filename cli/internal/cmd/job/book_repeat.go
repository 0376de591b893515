package job

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
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
	form, err := workflow(ctx, client, j.GetWorkflowId())
	if err != nil {
		return nil, err
	}
	if !asked(req, j, form) {
		return nil, refused
	}
	if !o.Out.Quiet {
		fmt.Fprintf(o.IO.Err, "booked already, as %s for %s\n", refs.Short(id), o.Clock.Stamp(api.StartMS(j)))
	}
	return &pb.BookJobResponse{Job: j}, nil
}

// asked reports whether a job is what a request names, its start left out. Inputs of the workflow's form that the request
// leaves out have their defaults, and a seed any value.
func asked(req *pb.BookJobRequest, j *pb.Job, form *pb.Workflow) bool {
	inputs := map[string]*pb.InputValue{}
	for _, input := range form.GetInputs() {
		name := input.GetName()
		switch value := defaultOf(input); {
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

// defaultOf is the value of an input that a booking leaves out; nil when there is none.
func defaultOf(input *pb.Input) *pb.InputValue {
	switch kind := input.GetKind().(type) {
	case *pb.Input_Integer:
		if kind.Integer.Default != nil {
			return &pb.InputValue{Value: &pb.InputValue_Integer{Integer: kind.Integer.GetDefault()}}
		}
	case *pb.Input_Number:
		if kind.Number.Default != nil {
			return &pb.InputValue{Value: &pb.InputValue_Number{Number: kind.Number.GetDefault()}}
		}
	case *pb.Input_Boolean:
		if kind.Boolean.Default != nil {
			return &pb.InputValue{Value: &pb.InputValue_Boolean{Boolean: kind.Boolean.GetDefault()}}
		}
	case *pb.Input_Text:
		if kind.Text.Default != nil {
			return flags.TextValue(kind.Text.GetDefault())
		}
	case *pb.Input_Choice:
		if kind.Choice.Default != nil {
			return flags.TextValue(kind.Choice.GetDefault())
		}
	}
	return nil
}
