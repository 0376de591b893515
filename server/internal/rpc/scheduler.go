package rpc

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const defaultGaps = 10

type schedulerService struct{ *Server }

func (s schedulerService) BookJob(ctx context.Context, r *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	r.RequestId = canonical(r.RequestId)
	hash, err := requestHash(r)
	if err != nil {
		return nil, err
	}
	when := booking.When{Moment: r.GetNextFreeFrom()}
	if start, exact := r.Start.(*pb.BookJobRequest_TimeSlot); exact {
		when = booking.When{Exact: true, Moment: start.TimeSlot}
	}
	booked, err := s.Booking.Book(ctx, caller(ctx).Actor, booking.Request{
		ID: r.RequestId, Hash: hash, When: when, Prompt: r.Prompt, Seed: r.Seed, Parameters: valuesFromProto(r.Parameters),
		Workflow: r.WorkflowId, Worker: r.WorkerId,
	})
	if err != nil {
		return nil, err
	}
	return &pb.BookJobResponse{Job: s.Outlook.job(booked, viewer(ctx)), Revision: s.revision(ctx)}, nil
}

// catchUp returns when the live state shows what was committed before the call.
func (s *Server) catchUp(ctx context.Context) error {
	if s.Live == nil {
		return nil
	}
	return s.Live.CatchUp(ctx)
}

// revision is that of the live state with all that was committed before the call.
func (s *Server) revision(ctx context.Context) *pb.Revision {
	_ = s.catchUp(ctx) // what was answered is committed all the same
	return revisionToProto(s.Feed.Revision())
}

// requestHash tells a repeated request from another one with the same id.
func requestHash(r *pb.BookJobRequest) ([]byte, error) {
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(encoded)
	return sum[:16], nil
}

func (s schedulerService) UpdateJob(ctx context.Context, r *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error) {
	edit := booking.Edit{Version: r.Version}
	for _, path := range r.UpdateMask.GetPaths() {
		switch path { // the schema allows no other
		case "prompt":
			edit.Prompt = &r.Edit.Prompt
		case "seed":
			edit.Seed, edit.RandomSeed = r.Edit.Seed, r.Edit.Seed == nil
		case "parameters":
			edit.Parameters = valuesFromProto(r.Edit.Parameters)
		case "time_slot":
			edit.Move = &booking.When{Exact: true, Moment: r.Edit.TimeSlot}
		case "next_free_from":
			edit.Move = &booking.When{Moment: r.Edit.NextFreeFrom}
		}
	}
	changed, err := s.Booking.Edit(ctx, caller(ctx).Actor, canonical(r.JobId), edit)
	if err != nil {
		return nil, err
	}
	return &pb.UpdateJobResponse{Job: s.Outlook.job(changed, viewer(ctx)), Revision: s.revision(ctx)}, nil
}

func (s schedulerService) CancelJob(ctx context.Context, r *pb.CancelJobRequest) (*pb.CancelJobResponse, error) {
	changed, err := s.Booking.Cancel(ctx, caller(ctx).Actor, canonical(r.JobId))
	if err != nil {
		return nil, err
	}
	return &pb.CancelJobResponse{Job: s.Outlook.job(changed, viewer(ctx)), Revision: s.revision(ctx)}, nil
}

func (s schedulerService) GetJob(ctx context.Context, r *pb.GetJobRequest) (*pb.GetJobResponse, error) {
	j, err := s.Store.Job(ctx, canonical(r.JobId))
	if errors.Is(err, store.ErrNotFound) {
		return nil, fault.NoSuch("job", r.JobId)
	}
	if err != nil {
		return nil, err
	}
	out := s.Outlook.job(j, viewer(ctx))
	if p, running := s.Feed.Progress(j.ID); running {
		out.Progress = s.Outlook.progress(p, viewer(ctx))
	}
	return &pb.GetJobResponse{Job: out}, nil
}

func (s schedulerService) ListJobs(ctx context.Context, r *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	query := store.Query{
		UserID: canonical(r.UserId), Worker: r.WorkerId, Descending: r.Order != pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC,
		After: after, Limit: pageSize(r) + 1, // one more tells whether there is another page
	}
	for status, wire := range statuses {
		if slices.Contains(r.Statuses, wire) {
			query.Statuses = append(query.Statuses, status)
		}
	}
	if w := r.Window; w != nil {
		query.Window = &schedule.Slot{Start: w.StartMs, End: w.EndMs}
	}
	jobs, err := s.Store.ListJobs(ctx, query)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, jobs, func(j job.Job) *pb.Job { return s.Outlook.brief(j, viewer(ctx)) },
		func(j job.Job) store.Cursor { return store.Cursor{Start: j.Start, ID: j.ID} })
	return &pb.ListJobsResponse{Jobs: shown, NextPageToken: next}, nil
}

func (s schedulerService) ListFreeSlots(ctx context.Context, r *pb.ListFreeSlotsRequest) (*pb.ListFreeSlotsResponse, error) {
	worker, slot, err := s.Booking.SlotFor(r.WorkerId, r.WorkflowId, workflow.Inputs{})
	if err != nil {
		return nil, err
	}
	limit := int(r.MaxResults)
	if limit == 0 {
		limit = defaultGaps
	}
	gaps, err := s.Store.FreeSlots(ctx, worker, max(r.FromMs, s.Now().UnixMilli()), slot, limit)
	if err != nil {
		return nil, err
	}
	out := &pb.ListFreeSlotsResponse{SlotDurationMs: slot}
	for _, gap := range gaps {
		free := &pb.FreeSlot{WorkerId: worker, StartMs: gap.First}
		if !gap.Open {
			free.LastStartMs = gap.Last
		}
		out.FreeSlots = append(out.FreeSlots, free)
	}
	return out, nil
}

func (s schedulerService) GetTodayStats(ctx context.Context, r *pb.GetTodayStatsRequest) (*pb.GetTodayStatsResponse, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil || r.TimeZone == "Local" {
		return nil, fault.Invalid("time_zone", `is not an IANA time zone such as "Europe/Berlin"`)
	}
	now := s.Now().In(zone)
	start := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone).UnixMilli()
	end := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, zone).UnixMilli() - 1
	stats, err := s.Store.DayStats(ctx, start, end)
	if err != nil {
		return nil, err
	}
	return &pb.GetTodayStatsResponse{
		JobsToday: stats.Jobs, CompletedToday: stats.Completed, FailedToday: stats.Failed, AverageGenerationMs: stats.MeanGeneration,
		BenchmarkMs: s.Feed.System().BenchmarkMS, ActiveUsers: int64(s.Feed.Presence().Users), DayStartMs: start, DayEndMs: end,
	}, nil
}

func (s schedulerService) GetState(ctx context.Context, _ *pb.GetStateRequest) (*pb.GetStateResponse, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	latest, me := s.Feed.Snapshot(), viewer(ctx)
	snapshot := s.Outlook.snapshot(latest, me)
	proto.Merge(snapshot, s.Outlook.aside(latest, me, s.Now().UnixMilli()))
	return &pb.GetStateResponse{Snapshot: snapshot}, nil
}
