package job

import (
	"context"
	"fmt"
	"maps"

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

// repeated is the same for a series: the one that was booked first, when each of its jobs is what is asked for now.
func (b *batch) repeated(
	ctx context.Context, client *api.Client, req *pb.BookSeriesRequest, refused error,
) (*pb.BookSeriesResponse, error) {
	id := api.Info(refused).GetMetadata()["job_id"]
	if !b.start.Relative || id == "" {
		return nil, refused
	}
	first, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	if err != nil {
		return nil, err
	}
	series := first.GetJob().GetSeriesId()
	if series == "" {
		return nil, refused
	}
	booked, err := seriesJobs(ctx, client, series)
	if err != nil {
		return nil, err
	}
	w, err := refs.Workflow(ctx, client, first.GetJob().GetWorkflowId())
	if err != nil {
		return nil, err
	}
	wanted := expand(req, w)
	if len(wanted) != len(booked.GetJobs()) {
		return nil, refused
	}
	for i, inputs := range wanted {
		whole, err := client.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: booked.GetJobs()[i].GetId()}) // lists cut long texts
		if err != nil {
			return nil, err
		}
		one := &pb.BookJobRequest{WorkflowId: req.GetWorkflowId(), WorkerId: req.GetWorkerId(), Inputs: inputs}
		if !asked(one, whole.GetJob(), w) {
			return nil, refused
		}
	}
	if !b.Out.Quiet {
		from, _ := extent(booked.GetJobs())
		fmt.Fprintf(b.IO.Err, "booked already, as series %s from %s\n", refs.Short(series), b.Clock.Stamp(from))
	}
	return &pb.BookSeriesResponse{SeriesId: series, Jobs: booked.GetJobs()}, nil
}

// expand gives the inputs of each job of a series in its order: items, then seeds, then axes, the last one fastest.
func expand(req *pb.BookSeriesRequest, w *pb.Workflow) (all []map[string]*pb.InputValue) {
	items := req.GetItems()
	if len(items) == 0 {
		items = []*pb.SeriesItem{{}}
	}
	seed := form.ByRole(w, pb.InputRole_INPUT_ROLE_SEED).GetName()
	for _, item := range items {
		for k := range max(1, int(req.GetCount())) {
			cells := []map[string]*pb.InputValue{with(req.GetInputs(), item.GetInputs())}
			if given, is := cells[0][seed].GetValue().(*pb.InputValue_Seed); is {
				cells[0][seed] = &pb.InputValue{Value: &pb.InputValue_Seed{Seed: given.Seed + uint64(k)}}
			}
			for _, axis := range req.GetAxes() {
				var next []map[string]*pb.InputValue
				for _, cell := range cells {
					for _, value := range axis.GetValues() {
						next = append(next, with(cell, map[string]*pb.InputValue{axis.GetInputName(): value}))
					}
				}
				cells = next
			}
			all = append(all, cells...)
		}
	}
	return all
}

// with is values and others that go before them.
func with(values, others map[string]*pb.InputValue) map[string]*pb.InputValue {
	both := map[string]*pb.InputValue{}
	maps.Copy(both, values)
	maps.Copy(both, others)
	return both
}
