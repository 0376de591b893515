package rpc

import (
	"context"
	"errors"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
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

func (s schedulerService) GetSeries(ctx context.Context, r *pb.GetSeriesRequest) (*pb.GetSeriesResponse, error) {
	found, err := s.Store.ListSeries(ctx, store.SeriesQuery{ID: canonical(r.SeriesId), Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.NoSuch("series", r.SeriesId)
	}
	return &pb.GetSeriesResponse{Series: s.Presenter.series(found[0], viewer(ctx)), Users: namesOf(found[0].First)}, nil
}

func (s schedulerService) ListSeries(ctx context.Context, r *pb.ListSeriesRequest) (*pb.ListSeriesResponse, error) {
	query := store.SeriesQuery{IDSuffix: canonical(r.IdSuffix), Limit: pageSize(r) + 1} // one more tells whether there is another page
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	if after != nil {
		query.After = after.ID
	}
	if query.UserID, err = s.ownerOf(ctx, r); err != nil {
		return nil, err
	}
	found, err := s.Store.ListSeries(ctx, query)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, found, func(of store.Series) *pb.Series { return s.Presenter.series(of, viewer(ctx)) },
		func(of store.Series) store.Cursor { return store.Cursor{ID: of.First.Series} })
	firsts := each(found[:len(shown)], func(of store.Series) job.Job { return of.First })
	return &pb.ListSeriesResponse{Series: shown, NextPageToken: next, Users: namesOf(firsts...)}, nil
}

// ownerOf is the id of the user of whom a list is asked for, by id or name; empty: of all.
func (s schedulerService) ownerOf(ctx context.Context, r interface {
	GetUserId() string
	GetUserName() string
},
) (string, error) {
	if r.GetUserName() == "" {
		return canonical(r.GetUserId()), nil
	}
	of, err := s.Store.UserByName(ctx, r.GetUserName())
	if errors.Is(err, store.ErrNotFound) {
		return "", fault.NoSuch("user", r.GetUserName())
	}
	return of.ID, err
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
