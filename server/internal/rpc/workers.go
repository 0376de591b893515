package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

type workerService struct{ *Server }

// defaultLogLines of a log are told when no number is asked for.
const defaultLogLines = 100

func (s workerService) ListWorkers(ctx context.Context, r *pb.ListWorkersRequest) (*pb.ListWorkersResponse, error) {
	shown, next, err := pageOfAll(r, s.Presenter.System(viewer(ctx), s.Feed.System()).Workers, workerToProto,
		func(w health.Worker) string { return w.ID })
	return &pb.ListWorkersResponse{Workers: shown, NextPageToken: next}, err
}

func (s workerService) GetWorker(ctx context.Context, r *pb.GetWorkerRequest) (*pb.GetWorkerResponse, error) {
	for _, w := range s.Presenter.System(viewer(ctx), s.Feed.System()).Workers {
		if w.ID == r.WorkerId {
			return &pb.GetWorkerResponse{Worker: workerToProto(w)}, nil
		}
	}
	return nil, fault.NoSuch("worker", r.WorkerId)
}

func (s workerService) PauseWorker(ctx context.Context, r *pb.PauseWorkerRequest) (*pb.PauseWorkerResponse, error) {
	paused, moving, err := s.Booking.Pause(ctx, caller(ctx).Actor, booking.PauseRequest{
		Worker:   r.WorkerId,
		From:     r.StartMs,
		Duration: r.DurationMs,
		Reason:   r.Reason,
		Move:     r.MoveBookings,
	})
	if err != nil {
		return nil, err
	}
	return &pb.PauseWorkerResponse{Pause: pauseToProto(&paused), MovedBookings: int32(moving)}, nil
}

func (s workerService) ResumeWorker(ctx context.Context, r *pb.ResumeWorkerRequest) (*pb.ResumeWorkerResponse, error) {
	return &pb.ResumeWorkerResponse{}, s.Booking.Resume(ctx, caller(ctx).Actor, r.WorkerId)
}

func (s workerService) TakeWorkerOutOfService(
	ctx context.Context, r *pb.TakeWorkerOutOfServiceRequest,
) (*pb.TakeWorkerOutOfServiceResponse, error) {
	plan, err := s.Booking.TakeOutOfService(ctx, caller(ctx).Actor, booking.Outage{
		Worker: r.WorkerId,
		Reason: r.Reason,
		Plan:   r.ValidateOnly,
	})
	if err != nil {
		return nil, err
	}
	return &pb.TakeWorkerOutOfServiceResponse{Moves: each(plan.Moves, plannedMoveToProto), MoreBookings: int32(plan.More)}, nil
}

func (s workerService) ReturnWorkerToService(
	ctx context.Context, r *pb.ReturnWorkerToServiceRequest,
) (*pb.ReturnWorkerToServiceResponse, error) {
	return &pb.ReturnWorkerToServiceResponse{}, s.Booking.ReturnToService(ctx, caller(ctx).Actor, r.WorkerId)
}

func (s workerService) RestartWorker(ctx context.Context, r *pb.RestartWorkerRequest) (*pb.RestartWorkerResponse, error) {
	return &pb.RestartWorkerResponse{}, s.Workers.Restart(ctx, caller(ctx).Actor, r.WorkerId)
}

func (s workerService) GetWorkerLog(ctx context.Context, r *pb.GetWorkerLogRequest) (*pb.GetWorkerLogResponse, error) {
	n := int(r.Lines)
	if n == 0 {
		n = defaultLogLines
	}
	lines, err := s.Workers.LogTail(ctx, r.WorkerId, n)
	return &pb.GetWorkerLogResponse{Lines: lines}, err
}
