package job

import (
	"context"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/form"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/handin"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// retryFor bounds how long a lost answer is asked for again.
const retryFor = 5 * time.Second

func bookRun(ctx context.Context, opts *bookOptions) error {
	if opts.EachLine {
		return seriesRun(ctx, opts)
	}
	if opts.isBatch() {
		return batchRun(ctx, opts)
	}
	client, err := opts.Client()
	if err != nil {
		return err
	}
	req, err := opts.request(ctx, client)
	if err != nil {
		return err
	}
	if err := opts.readPrompt(req.GetInputs()); err != nil {
		return err
	}
	if err := handin.Resolve(ctx, client, opts.IO, req.GetInputs()); err != nil {
		return err
	}
	if opts.DryRun {
		return opts.try(ctx, client, req)
	}
	req.RequestId = opts.RequestID
	answer, err := opts.send(ctx, client, req)
	if err != nil {
		return problem.OfferNext(err, func(next string) string { return flags.Retimed(opts.Args, next) })
	}
	if showsRows(opts.Factory, opts.Out) {
		opts.names = ownName(ctx, client)
	}
	if !opts.Wait {
		return opts.show(answer)
	}
	return opts.await(ctx, client, answer.GetJob())
}

// request is the booking without its prompt and id, its inputs typed by the workflow's form, which it reads first.
func (o *bookOptions) request(ctx context.Context, client *api.Client) (*pb.BookJobRequest, error) {
	err := api.Retry(ctx, retryFor, func(ctx context.Context) (err error) {
		o.form, err = refs.Workflow(ctx, client, o.Workflow)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := unread(o.form); err != nil {
		return nil, err
	}
	req := &pb.BookJobRequest{WorkflowId: o.Workflow, WorkflowVersion: o.Version, WorkerId: o.Worker}
	if req.Inputs, err = form.Set(o.form, o.Set); err != nil {
		return nil, err
	}
	if o.seed != nil {
		if err := setSeed(o.form, req.Inputs, *o.seed); err != nil {
			return nil, err
		}
	}
	req.Sooner = o.Sooner.Choice()
	if o.start.Exact {
		req.Start = &pb.BookJobRequest_StartMs{StartMs: o.start.MS}
	} else {
		req.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: o.start.MS}
	}
	return req, nil
}

// readPrompt adds the prompt to the inputs, unless the workflow has none or --set gives it. Standard input is not asked for one
// that may be left out where somebody would have to type it.
func (o *bookOptions) readPrompt(inputs map[string]*pb.InputValue) error {
	input := form.ByRole(o.form, pb.InputRole_INPUT_ROLE_PROMPT)
	if !o.Prompt.Given() {
		if input == nil || inputs[input.GetName()] != nil {
			return nil
		}
		if mayBeLeftOut(input) && o.IO.IsStdinTTY() {
			return nil
		}
	}
	text, err := o.Prompt.Read(o.IO)
	if err != nil || text == "" && input != nil && mayBeLeftOut(input) {
		return err
	}
	return setPrompt(o.form, inputs, text)
}

// mayBeLeftOut reports whether a booking may leave a text out.
func mayBeLeftOut(input *pb.Input) bool { return input.GetOptional() || input.GetText().Default != nil }

// send books. The same request is sent again while the answer is lost: its id makes sure that it books once. When no
// answer comes at all, the error says whether the job may be booked.
func (o *bookOptions) send(ctx context.Context, client *api.Client, req *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	var answer *pb.BookJobResponse
	unsure := false
	err := api.Retry(ctx, retryFor, func(ctx context.Context) (err error) {
		answer, err = client.Scheduler.BookJob(ctx, req)
		unsure = unsure || api.Lost(err) && !api.Unreached(err)
		return err
	})
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, exitcode.Errorf(exitcode.Interrupted, "interrupted before the answer came; the job may be booked: %s", o.again())
	case unsure && api.Lost(err):
		return nil, exitcode.Errorf(exitcode.Unavailable, "no answer came from %s; the job may be booked: %s", client.Address, o.again())
	case api.Reason(err) == pb.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED:
		return o.repeated(ctx, client, req, err)
	}
	return nil, err
}

// show prints a fresh booking.
func (o *bookOptions) show(answer *pb.BookJobResponse) error {
	return render.JobResult(o.IO, o.Clock, o.Out, answer, o.names, render.JobSentence(o.IO, o.Clock, "Booked", answer.GetJob()))
}

// await waits for the jobs. Their ids are told before, so that whoever is interrupted knows what is booked.
func (o *bookOptions) await(ctx context.Context, client *api.Client, jobs ...*pb.Job) error {
	for _, j := range jobs {
		switch {
		case o.Out.Quiet:
			fmt.Fprintln(o.IO.Out, j.GetId())
		case o.IO.IsStderrTTY() && !o.EachLine:
			fmt.Fprintln(o.IO.Err, render.JobSentence(o.IO, o.Clock, "Booked", j))
		}
	}
	waiter := outcome.Waiter{
		IO:      o.IO,
		Clock:   o.Clock,
		Client:  client,
		Explain: o.Explainer(),
		Out:     o.Out,
		Dir:     o.Download,
		Names:   o.names,
	}
	return waiter.Await(ctx, jobs)
}
