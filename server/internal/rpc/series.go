package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// seriesPerCall counts so many jobs of a series as one call: they share its reading, its checks and its commit.
const seriesPerCall = 10

func (s schedulerService) BookSeries(ctx context.Context, r *pb.BookSeriesRequest) (*pb.BookSeriesResponse, error) {
	by := caller(ctx).Actor
	wanted := seriesOf(r)
	if more := (wanted.Len() - 1) / seriesPerCall; more > 0 && !by.Administrator {
		allowance := s.admission.calls
		if r.ValidateOnly {
			allowance = s.admission.checks
		}
		if err := allowance.takeMany(by.ID, more); err != nil {
			return nil, err
		}
	}
	if r.ValidateOnly {
		return s.checkSeries(ctx, wanted)
	}
	booked, err := s.Booking.BookSeries(ctx, by, wanted)
	if err != nil {
		return nil, err
	}
	return &pb.BookSeriesResponse{
		SeriesId: booked.ID,
		Jobs:     s.briefly(ctx, booked.Jobs),
		Revision: revisionToProto(booked.Revision),
	}, nil
}

func (s schedulerService) checkSeries(ctx context.Context, r booking.SeriesRequest) (*pb.BookSeriesResponse, error) {
	offers, problems, err := s.Booking.CheckSeries(ctx, caller(ctx).Actor, r)
	if err != nil {
		return nil, err
	}
	out := &pb.BookSeriesResponse{Problems: each(problems, problemToProto), Quotes: each(offers, seriesQuoteToProto)}
	if len(offers) > 0 {
		out.GpuTime = useToProto(offers[0].Use)
	}
	return out, nil
}

func (s schedulerService) CancelSeries(ctx context.Context, r *pb.CancelSeriesRequest) (*pb.CancelSeriesResponse, error) {
	cancelled, err := s.Booking.CancelSeries(ctx, caller(ctx).Actor, canonical(r.SeriesId))
	if err != nil {
		return nil, err
	}
	return &pb.CancelSeriesResponse{Jobs: s.briefly(ctx, cancelled.Jobs), Revision: revisionToProto(cancelled.Revision)}, nil
}

func (s schedulerService) briefly(ctx context.Context, jobs []job.Job) []*pb.Job {
	return each(jobs, func(j job.Job) *pb.Job { return s.Presenter.brief(j, viewer(ctx)) })
}

// seriesOf returns what a series asks for.
func seriesOf(r *pb.BookSeriesRequest) booking.SeriesRequest {
	request := requestOf(r)
	out := booking.SeriesRequest{
		ID:       request.ID,
		Hash:     request.Hash,
		When:     booking.When{Moment: r.GetEarliestStartMs(), Fixed: r.Sooner != nil && !r.GetSooner()},
		Workflow: r.WorkflowId,
		Version:  r.WorkflowVersion,
		Worker:   r.WorkerId,
		Inputs:   inputsFromProto(r.Inputs),
		Items:    each(r.Items, func(i *pb.SeriesItem) workflow.Values { return inputsFromProto(i.Inputs) }),
		Count:    int(r.Count),
	}
	if start, exact := r.Start.(*pb.BookSeriesRequest_StartMs); exact {
		out.When = booking.When{Exact: true, Moment: start.StartMs}
	}
	for _, a := range r.Axes {
		axis := booking.Axis{Name: a.InputName}
		for _, value := range a.Values {
			axis.Values = append(axis.Values, inputsFromProto(map[string]*pb.InputValue{a.InputName: value})[a.InputName])
		}
		out.Axes = append(out.Axes, axis)
	}
	return out
}

func seriesQuoteToProto(q booking.Quote) *pb.SeriesQuote {
	return &pb.SeriesQuote{
		TimeSlot:       slotToProto(q.Slot),
		WorkerId:       q.Worker,
		ExpectedMs:     q.Expected,
		SlotDurationMs: q.Duration,
		EstimateBasis:  estimateBases[q.Basis],
		LoadMs:         q.Load,
	}
}
