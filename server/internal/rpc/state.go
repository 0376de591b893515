package rpc

import (
	"context"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

func (s schedulerService) GetState(ctx context.Context, _ *pb.GetStateRequest) (*pb.GetStateResponse, error) {
	if err := s.catchUp(ctx); err != nil {
		return nil, err
	}
	latest, me := s.Feed.Snapshot(), viewer(ctx)
	status := s.Presenter.complete(latest, me)
	for _, own := range s.Presenter.aside(latest, me) {
		proto.Merge(status, own)
	}
	return &pb.GetStateResponse{
		Snapshot:     s.Presenter.snapshot(latest, me),
		Status:       status,
		ServerTimeMs: s.Now().UnixMilli(),
	}, nil
}

// catchUp returns when the live state shows what was committed before the call.
func (s *Server) catchUp(ctx context.Context) error {
	if s.Live == nil {
		return nil
	}
	return s.Live.CatchUp(ctx)
}
