package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// maxDetail bounds a text about the service, in characters.
const maxDetail = 4000

func workerToProto(w health.Worker) *pb.Worker {
	shown := &pb.Worker{
		Id:             w.ID,
		Status:         workerStatuses[w.Status],
		Reason:         job.Beginning(w.Reason, maxDetail),
		Simulated:      w.Simulated,
		ComfyuiVersion: w.ComfyUIVersion,
		Device:         w.Device,
		BootSteps:      each(w.BootSteps, bootStepToProto),
		Pause:          pauseToProto(w.Pause),
		Title:          w.Title,
		Remote:         w.Remote,
	}
	if w.Outage != nil {
		shown.OutOfService, shown.OutOfServiceReason = true, w.Outage.Reason
	}
	return shown
}

func plannedMoveToProto(m booking.PlannedMove) *pb.PlannedMove {
	planned := &pb.PlannedMove{
		JobId:      m.Job.ID,
		UserId:     m.Job.UserID,
		UserName:   m.Job.UserName,
		From:       slotToProto(m.Job.Slot()),
		ToWorkerId: m.Worker,
		Problem:    m.Problem,
	}
	if m.Worker != "" {
		planned.To = slotToProto(m.To)
	}
	return planned
}

func bootStepToProto(s health.BootStep) *pb.BootStep {
	return &pb.BootStep{
		Stage:     bootStages[health.Stage(s.Name)],
		Outcome:   bootOutcomes[s.Outcome],
		ElapsedMs: s.ElapsedMS,
		Detail:    job.Beginning(s.Detail, maxDetail),
	}
}

func pauseToProto(p *schedule.Pause) *pb.Pause {
	if p == nil {
		return nil
	}
	return &pb.Pause{TimeSlot: slotToProto(p.Slot), Reason: p.Reason, UserName: p.UserName}
}
