package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
)

func (s schedulerService) ListEstimates(_ context.Context, r *pb.ListEstimatesRequest) (*pb.ListEstimatesResponse, error) {
	shown, next, err := pageOfAll(r, s.Learned.Reports(r.WorkerId, r.WorkflowId), reportToProto,
		func(report learned.Report) string { return report.Worker + " " + report.Workflow })
	return &pb.ListEstimatesResponse{Reports: shown, NextPageToken: next}, err
}

func reportToProto(r learned.Report) *pb.EstimateReport {
	return &pb.EstimateReport{
		WorkerId:   r.Worker,
		WorkflowId: r.Workflow,
		Runs:       int64(r.Jobs),
		Bias:       r.Bias,
		ErrorP50:   r.ErrorP50,
		ErrorP90:   r.ErrorP90,
		Coverage:   r.Coverage,
		SlotRatio:  r.SlotRatio,
		Recent: each(r.Recent, func(p learned.Point) *pb.EstimatePoint {
			return &pb.EstimatePoint{
				StartedAtMs: p.StartedAt,
				ExpectedMs:  p.Expected,
				SlotMs:      p.Slot,
				ActualMs:    p.Actual,
				Loaded:      p.Loaded,
			}
		}),
	}
}
