package job

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// try asks what a booking would get, and prints it.
func (o *bookOptions) try(ctx context.Context, client *api.Client, req *pb.BookJobRequest) error {
	check := &pb.CheckBookingRequest{
		Start:           &pb.CheckBookingRequest_EarliestStartMs{EarliestStartMs: o.start.MS},
		WorkflowId:      req.GetWorkflowId(),
		WorkflowVersion: req.GetWorkflowVersion(),
		WorkerId:        req.GetWorkerId(),
		Inputs:          req.GetInputs(),
	}
	if o.start.Exact {
		check.Start = &pb.CheckBookingRequest_StartMs{StartMs: o.start.MS}
	}
	answer, err := client.Scheduler.CheckBooking(ctx, check)
	if err != nil {
		return err
	}
	var quotes []*pb.SeriesQuote
	if answer.GetTimeSlot() != nil {
		quotes = []*pb.SeriesQuote{{
			TimeSlot:       answer.GetTimeSlot(),
			WorkerId:       answer.GetWorkerId(),
			ExpectedMs:     answer.GetExpectedMs(),
			SlotDurationMs: answer.GetSlotDurationMs(),
			EstimateBasis:  answer.GetEstimateBasis(),
			LoadMs:         answer.GetLoadMs(),
		}}
	}
	offer := func(err error) error {
		return problem.OfferNext(err, func(next string) string { return flags.Retimed(o.Args, next) })
	}
	return o.tell(ctx, client, answer, quotes, answer.GetProblems(), offer)
}

// quote prints what a series would get.
func (b *batch) quote(ctx context.Context, client *api.Client, answer *pb.BookSeriesResponse) error {
	return b.tell(ctx, client, answer, answer.GetQuotes(), answer.GetProblems(), b.explain)
}

// tell prints what would be booked, and what that would be refused for. The exit code is that of the booking.
func (o *bookOptions) tell(
	ctx context.Context,
	client *api.Client,
	answer proto.Message,
	quotes []*pb.SeriesQuote,
	problems []*pb.BookingProblem,
	word func(error) error,
) error {
	if err := o.printQuotes(ctx, client, answer, quotes); err != nil {
		return err
	}
	code := exitcode.OK
	for i, p := range problems {
		err := word(problem.OfBooking(p))
		if i == 0 {
			code = problem.Code(err)
		}
		fmt.Fprintln(o.IO.Err, "comfysched: "+o.Explainer().Line(err))
	}
	if code != exitcode.OK {
		return exitcode.Silent(code)
	}
	return nil
}

func (o *bookOptions) printQuotes(ctx context.Context, client *api.Client, answer proto.Message, quotes []*pb.SeriesQuote) error {
	switch {
	case o.Out.JSON:
		return render.JSON(o.IO, answer)
	case len(quotes) == 0 || o.Out.Quiet:
		return nil
	case !o.IO.IsStdoutTTY():
		return render.QuoteTable(o.IO, o.Clock, quotes, nil).Print()
	}
	titles := workerTitles(ctx, client)
	if !o.isBatch() {
		_, err := fmt.Fprintln(o.IO.Out, render.QuoteSentence(o.IO, o.Clock, quotes[0], titles))
		return err
	}
	if err := render.QuoteTable(o.IO, o.Clock, quotes, titles).Print(); err != nil {
		return err
	}
	var total, first, last int64
	for i, q := range quotes {
		total += q.GetSlotDurationMs()
		if start := q.GetTimeSlot().GetStartMs(); i == 0 || start < first {
			first = start
		}
		last = max(last, q.GetTimeSlot().GetEndMs())
	}
	_, err := fmt.Fprintf(o.IO.Out, "%d jobs, %s of GPU time, from %s to %s\n", len(quotes), when.Millis(total),
		o.Clock.Stamp(first), o.Clock.Stamp(last))
	return err
}

// workerTitles reads what workers are called. It never fails: without an answer they have their ids.
func workerTitles(ctx context.Context, client *api.Client) map[string]string {
	titles := map[string]string{}
	answer, err := client.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{})
	if err != nil {
		return titles
	}
	for _, w := range answer.GetWorkers() {
		titles[w.GetId()] = term.Line(w.GetTitle())
	}
	return titles
}
