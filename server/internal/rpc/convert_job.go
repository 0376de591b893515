package rpc

import (
	"cmp"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func jobToProto(j job.Job) *pb.Job {
	out := &pb.Job{
		Id:              j.ID,
		UserId:          j.UserID,
		WorkerId:        j.Worker,
		WorkflowId:      j.Workflow,
		WorkflowVersion: j.WorkflowVersion,
		Status:          jobStatuses[j.Status],
		TimeSlot:        slotToProto(j.Slot()),
		DurationMs:      j.Duration,
		Results:         each(j.Results, resultToProto),
		ResultFilename:  j.ResultFilename(),
		ExpectedMs:      j.Estimate,
		EstimateBasis:   estimateBases[j.Basis],
		Sooner:          j.Sooner,
		Pinned:          j.Pinned,
		PromisedStartMs: cmp.Or(j.Promised, j.Start),
		SeriesId:        j.Series,
		SeriesIndex:     int32(j.SeriesIndex),
		LoadMs:          j.Load,
		Attempt:         int32(j.Attempt),
		CancelRequested: j.CancelRequested,
		Version:         j.Version,
		CreatedAtMs:     j.CreatedAt,
		StartedAtMs:     j.StartedAt,
		FinishedAtMs:    j.FinishedAt,
		Hidden:          j.Hidden,
		Shortened:       j.Shortened,
	}
	if !j.Hidden {
		out.Inputs, out.Prompt = inputsToProto(j), j.Prompt()
		if seed, has := j.Seed(); has {
			out.Seed = &seed
		}
	}
	if f := j.Failure; f != nil {
		out.Error = &pb.JobError{Reason: failureReasons[f.Reason], Message: f.Message, NodeId: f.NodeID}
	}
	if d := j.Delay; d != nil {
		out.Delay = &pb.Delay{Kind: delayKinds[d.Kind], Reason: d.Reason, BookedStartMs: d.BookedStart}
	}
	return out
}

func resultToProto(r job.Result) *pb.Result {
	return &pb.Result{
		Filename:    r.Filename,
		Kind:        resultKinds[r.Kind],
		NodeId:      r.NodeID,
		Text:        r.Text,
		SizeBytes:   r.Size,
		Overwritten: r.Overwritten,
	}
}

func progressToProto(p job.Progress) *pb.JobProgress {
	return &pb.JobProgress{
		JobId:      p.JobID,
		Attempt:    int32(p.Attempt),
		NodeId:     p.NodeID,
		NodeTitle:  p.NodeTitle,
		Step:       int32(p.Step),
		Total:      int32(p.Total),
		Preview:    int32(p.Preview),
		NodesDone:  int32(p.NodesDone),
		NodesTotal: int32(p.NodesTotal),

		Fraction:      p.Fraction,
		ExpectedEndMs: p.ExpectedEnd,
	}
}

func slotToProto(s schedule.Slot) *pb.TimeSlot { return &pb.TimeSlot{StartMs: s.Start, EndMs: s.End} }
