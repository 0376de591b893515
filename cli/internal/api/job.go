package api

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// StartMS is the first millisecond of a job's slot.
func StartMS(j *pb.Job) int64 { return j.GetTimeSlot().GetStartMs() }

// EndMS is the last millisecond of a job's slot.
func EndMS(j *pb.Job) int64 { return j.GetTimeSlot().GetEndMs() }

// Ended reports whether nothing more will happen to a job.
func Ended(j *pb.Job) bool {
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_COMPLETED, pb.JobStatus_JOB_STATUS_FAILED, pb.JobStatus_JOB_STATUS_CANCELLED:
		return true
	}
	return false
}
