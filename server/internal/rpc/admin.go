package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/worker"
)

type adminService struct {
	comfyschedulerv1connect.UnimplementedAdminServiceHandler
	*Server
}

const defaultLogLines = 100

func (s adminService) RestartWorker(ctx context.Context, r *pb.RestartWorkerRequest) (*pb.RestartWorkerResponse, error) {
	w, err := s.worker(r.WorkerId)
	if err != nil {
		return nil, err
	}
	return &pb.RestartWorkerResponse{}, w.Restart()
}

func (s adminService) GetWorkerLog(ctx context.Context, r *pb.GetWorkerLogRequest) (*pb.GetWorkerLogResponse, error) {
	w, err := s.worker(r.WorkerId)
	if err != nil {
		return nil, err
	}
	n := int(r.Lines)
	if n == 0 {
		n = defaultLogLines
	}
	lines, err := w.LogTail(ctx, n)
	return &pb.GetWorkerLogResponse{Lines: lines}, err
}

func (s adminService) worker(id string) (*worker.Worker, error) {
	for _, w := range s.Workers {
		if w.ID == id {
			return w, nil
		}
	}
	return nil, &booking.UnknownError{What: "worker", Name: id}
}
