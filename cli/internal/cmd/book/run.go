package book

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/paramflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/startflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// patience is how long a lost answer is asked for again.
const patience = 5 * time.Second

func bookRun(ctx context.Context, opts *Options) error {
	if opts.EachLine {
		return seriesRun(ctx, opts)
	}
	text, err := opts.Prompt.Read(opts.IO)
	if err != nil {
		return err
	}
	client, err := opts.Client()
	if err != nil {
		return err
	}
	template, err := opts.request(ctx, client)
	if err != nil {
		return err
	}
	template.Prompt = text
	template.RequestId = cmp.Or(opts.RequestID, uuid.NewString())
	answer, err := send(ctx, client, template)
	if err != nil {
		return problem.OfferNext(err, func(next string) string { return startflag.Retimed(opts.Args, next) })
	}
	if !opts.Wait {
		return opts.show(answer)
	}
	return opts.await(ctx, client, answer.GetJob())
}

// request is the booking without its prompt and id.
func (o *Options) request(ctx context.Context, client *api.Client) (*pb.BookJobRequest, error) {
	start, err := o.Start.Start(o.Clock)
	if err != nil {
		return nil, err
	}
	values, err := paramflag.Values(ctx, client.Scheduler, o.Workflow, o.Set)
	if err != nil {
		return nil, err
	}
	req := &pb.BookJobRequest{Seed: o.Seed, Parameters: values, WorkflowId: o.Workflow, WorkerId: o.Worker}
	if start.Exact {
		req.Start = &pb.BookJobRequest_TimeSlot{TimeSlot: start.MS}
	} else {
		req.Start = &pb.BookJobRequest_NextFreeFrom{NextFreeFrom: start.MS}
	}
	return req, nil
}

// send books. The same request is sent again while the answer is lost: its id makes sure that it books once.
func send(ctx context.Context, client *api.Client, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	var answer *pb.BookJobResponse
	err := problem.Retry(ctx, patience, func(ctx context.Context) (err error) {
		answer, err = client.Scheduler.BookJob(ctx, req)
		return err
	})
	return answer, err
}

// show prints a fresh booking.
func (o *Options) show(answer *pb.BookJobResponse) error {
	j := answer.GetJob()
	switch {
	case o.Out.JSON:
		return apijson.Print(o.IO, answer)
	case o.Out.Quiet:
		_, err := fmt.Fprintln(o.IO.Out, j.GetId())
		return err
	case o.IO.IsStdoutTTY():
		_, err := fmt.Fprintln(o.IO.Out, sentence(o, j))
		return err
	}
	return jobview.List(o.IO, o.Clock, []*pb.Job{j})
}

func sentence(o *Options, j *pb.Job) string {
	return fmt.Sprintf("%s %s from %s for %s on %s, seed %d",
		o.IO.Green("Booked"), o.IO.Bold(jobview.ShortID(j.GetId())), o.Clock.Stamp(j.GetTimeSlot()),
		when.Millis(j.GetDurationMs()), plaintext.Line(j.GetWorkerId()), j.GetSeed())
}

// await waits for the jobs and prints them as they ended.
func (o *Options) await(ctx context.Context, client *api.Client, jobs ...*pb.Job) error {
	if len(jobs) == 1 && o.IO.IsStderrTTY() && !o.Out.Quiet {
		fmt.Fprintln(o.IO.Err, sentence(o, jobs[0]))
	}
	if o.Out.Quiet { // at once, so that an interrupted script knows what it booked
		for _, j := range jobs {
			fmt.Fprintln(o.IO.Out, j.GetId())
		}
	}
	waiter := outcome.Waiter{
		IO: o.IO, Clock: o.Clock, Client: client, Dir: o.Download, Quiet: o.Out.Quiet || o.Out.JSON && !o.IO.IsStderrTTY(), Explain: o.Explain(),
	}
	jobs, waited := waiter.Await(ctx, jobs)
	if err := o.showEnded(jobs); err != nil {
		return err
	}
	return waited
}

func (o *Options) showEnded(jobs []*pb.Job) error {
	switch {
	case o.Out.Quiet:
		return nil
	case o.Out.JSON:
		for _, j := range jobs {
			if err := apijson.Print(o.IO, &pb.GetJobResponse{Job: j}); err != nil {
				return err
			}
		}
		return nil
	case o.IO.IsStdoutTTY():
		return nil
	}
	return jobview.List(o.IO, o.Clock, jobs)
}
