package rpc

import (
	"context"
	"errors"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

type schedulerService struct{ *Server }

func (s schedulerService) BookJob(ctx context.Context, r *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	when := booking.When{Moment: r.GetEarliestStartMs(), Fixed: r.Sooner != nil && !r.GetSooner()}
	if start, exact := r.Start.(*pb.BookJobRequest_StartMs); exact {
		when = booking.When{Exact: true, Moment: start.StartMs}
	}
	in := inputsFromProto(r.Inputs)
	wanted := bookingOf(in, when, r.WorkflowId, r.WorkflowVersion, r.WorkerId)
	request := requestOf(r)
	wanted.ID, wanted.Hash = request.ID, request.Hash
	booked, err := s.Booking.Book(ctx, caller(ctx).Actor, wanted)
	if err != nil {
		return nil, err
	}
	return &pb.BookJobResponse{Job: s.Presenter.job(booked.Job, viewer(ctx)), Revision: revisionToProto(booked.Revision)}, nil
}

func (s schedulerService) UpdateJob(ctx context.Context, r *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error) {
	in := inputsFromProto(r.Inputs)
	edit := booking.Edit{
		Version: r.Version,
		Inputs:  in,
		Reset:   r.ResetInputs,
		Request: requestOf(r),
	}
	switch start := r.Start.(type) {
	case *pb.UpdateJobRequest_StartMs:
		edit.Move = &booking.When{Exact: true, Moment: start.StartMs}
	case *pb.UpdateJobRequest_EarliestStartMs:
		edit.Move = &booking.When{Moment: start.EarliestStartMs}
	}
	changed, err := s.Booking.Edit(ctx, caller(ctx).Actor, canonical(r.JobId), edit)
	if err != nil {
		return nil, err
	}
	return &pb.UpdateJobResponse{Job: s.Presenter.job(changed.Job, viewer(ctx)), Revision: revisionToProto(changed.Revision)}, nil
}

func (s schedulerService) MoveJob(ctx context.Context, r *pb.MoveJobRequest) (*pb.MoveJobResponse, error) {
	when := booking.When{Moment: r.GetEarliestStartMs()}
	if start, exact := r.Start.(*pb.MoveJobRequest_StartMs); exact {
		when = booking.When{Exact: true, Moment: start.StartMs}
	}
	edit := booking.Edit{Version: r.Version, Move: &when, Worker: r.WorkerId, Request: requestOf(r)}
	moved, err := s.Booking.Edit(ctx, caller(ctx).Actor, canonical(r.JobId), edit)
	if err != nil {
		return nil, err
	}
	return &pb.MoveJobResponse{Job: s.Presenter.job(moved.Job, viewer(ctx)), Revision: revisionToProto(moved.Revision)}, nil
}

func (s schedulerService) CancelJob(ctx context.Context, r *pb.CancelJobRequest) (*pb.CancelJobResponse, error) {
	cancelled, err := s.Booking.Cancel(ctx, caller(ctx).Actor, canonical(r.JobId), r.Version)
	if err != nil {
		return nil, err
	}
	return &pb.CancelJobResponse{Job: s.Presenter.job(cancelled.Job, viewer(ctx)), Revision: revisionToProto(cancelled.Revision)}, nil
}

func (s schedulerService) GetJob(ctx context.Context, r *pb.GetJobRequest) (*pb.GetJobResponse, error) {
	j, err := s.Store.Job(ctx, canonical(r.JobId))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.NoSuch("job", r.JobId)
	}
	if err != nil {
		return nil, err
	}
	out := s.Presenter.job(j, viewer(ctx))
	if p, running := s.Feed.Progress(j.ID); running {
		out.Progress = s.Presenter.progress(p, viewer(ctx))
	}
	return &pb.GetJobResponse{Job: out, Users: namesOf(j)}, nil
}

func (s schedulerService) ListJobs(ctx context.Context, r *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	query := store.Query{
		Statuses:   values(jobStatuses, r.Statuses),
		Worker:     r.WorkerId,
		Workflow:   r.WorkflowId,
		IDSuffix:   canonical(r.IdSuffix),
		Series:     canonical(r.SeriesId),
		Window:     windowOf(r.Window),
		Descending: r.Order != pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC,
		After:      after,
		Limit:      pageSize(r) + 1, // one more tells whether there is another page
	}
	if query.UserID, err = s.ownerOf(ctx, r); err != nil {
		return nil, err
	}
	jobs, err := s.Store.ListJobs(ctx, query)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, jobs, func(j job.Job) *pb.Job { return s.Presenter.brief(j, viewer(ctx)) },
		func(j job.Job) store.Cursor { return store.Cursor{Start: j.Start, ID: j.ID} })
	return &pb.ListJobsResponse{Jobs: shown, NextPageToken: next, Users: namesOf(jobs[:len(shown)]...)}, nil
}

// windowOf is the window that a request names; one without an end reaches as far as moments do.
func windowOf(w *pb.TimeSlot) *schedule.Slot {
	if w == nil {
		return nil
	}
	if w.EndMs == 0 {
		return &schedule.Slot{Start: w.StartMs, End: lastMoment}
	}
	return &schedule.Slot{Start: w.StartMs, End: w.EndMs}
}

// lastMoment is the end of the year 9999, the schema's last moment.
const lastMoment = 253_402_300_799_000
