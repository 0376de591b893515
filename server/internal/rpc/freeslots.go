package rpc

import (
	"cmp"
	"context"
	"slices"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// freeSlot is a free stretch of one of the workers that were asked for.
type freeSlot struct {
	placement.Candidate
	schedule.Gap
}

func (s schedulerService) ListFreeSlots(ctx context.Context, r *pb.ListFreeSlotsRequest) (*pb.ListFreeSlotsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	in := inputsFromProto(r.Inputs)
	lanes, err := s.Booking.Lengths(ctx, r.WorkerId, r.WorkflowId, in)
	if err != nil {
		return nil, err
	}
	var found []freeSlot
	for _, lane := range lanes {
		free, err := s.freeSlots(ctx, r, lane, after)
		if err != nil {
			return nil, err
		}
		found = append(found, free...)
	}
	slices.SortStableFunc(found, func(a, b freeSlot) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Worker, b.Worker)) })
	shown, next := page(r, found[:min(len(found), pageSize(r)+1)], freeSlotToProto,
		func(f freeSlot) store.Cursor { return store.Cursor{Start: f.First, ID: f.Worker} })
	return &pb.ListFreeSlotsResponse{FreeSlots: shown, NextPageToken: next}, nil
}

// freeSlots are those of one lane that come after a place in the order of all.
func (s schedulerService) freeSlots(
	ctx context.Context, r *pb.ListFreeSlotsRequest, lane placement.Candidate, after *store.Cursor,
) (found []freeSlot, err error) {
	from := max(r.FromMs, s.Now().UnixMilli())
	if after != nil {
		from = max(from, after.Start-1) // a stretch that begins there was shown already
	}
	gaps, err := s.Store.FreeSlots(ctx, lane.Worker, from, lane.Slot, pageSize(r)+3)
	if err != nil {
		return nil, err
	}
	for _, gap := range gaps {
		if after == nil || gap.First > after.Start || gap.First == after.Start && lane.Worker > after.ID {
			found = append(found, freeSlot{lane, gap})
		}
	}
	return found, nil
}

func freeSlotToProto(f freeSlot) *pb.FreeSlot {
	out := &pb.FreeSlot{WorkerId: f.Worker, StartMs: f.First, SlotDurationMs: f.Slot}
	if !f.Open {
		out.LastStartMs = f.Last
	}
	return out
}
