package rpc

import (
	"context"
	"strconv"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s adminService) ListAuditEvents(ctx context.Context, r *pb.ListAuditEventsRequest) (*pb.ListAuditEventsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	query := audit.Query{UserID: canonical(r.UserId), JobID: canonical(r.JobId), Limit: pageSize(r) + 1}
	if after != nil {
		query.Before = after.Start
	}
	events, err := s.Store.Events(ctx, query)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, events, eventToProto, func(e audit.Event) store.Cursor {
		return store.Cursor{Start: e.Number, ID: strconv.FormatInt(e.Number, 10)}
	})
	return &pb.ListAuditEventsResponse{Events: shown, NextPageToken: next}, nil
}
