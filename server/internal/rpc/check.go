package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

func (s schedulerService) CheckBooking(ctx context.Context, r *pb.CheckBookingRequest) (*pb.CheckBookingResponse, error) {
	when := booking.When{Moment: r.GetEarliestStartMs()}
	if start, exact := r.Start.(*pb.CheckBookingRequest_StartMs); exact {
		when = booking.When{Exact: true, Moment: start.StartMs}
	}
	in := inputsFromProto(r.Inputs)
	wanted := bookingOf(in, when, r.WorkflowId, r.WorkflowVersion, r.WorkerId)
	wanted.JobID = canonical(r.JobId)
	offer, problems, err := s.Booking.Check(ctx, caller(ctx).Actor, wanted)
	if err != nil {
		return nil, err
	}
	out := &pb.CheckBookingResponse{
		WorkerId:       offer.Worker,
		ExpectedMs:     offer.Expected,
		SlotDurationMs: offer.Duration,
		Problems:       each(problems, problemToProto),
		EstimateBasis:  estimateBases[offer.Basis],
		LoadMs:         offer.Load,
	}
	if offer.Worker != "" {
		out.TimeSlot = slotToProto(offer.Slot)
		out.GpuTime = useToProto(offer.Use)
	}
	return out, nil
}

func useToProto(u booking.Use) *pb.GpuTimeUse { return &pb.GpuTimeUse{OpenMs: u.Open, DayMs: u.Day} }

func problemToProto(f *fault.Error) *pb.BookingProblem {
	return &pb.BookingProblem{Info: apierror.Info(f), Message: f.Message}
}
