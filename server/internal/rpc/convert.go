package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

var (
	statuses = map[job.Status]pb.JobStatus{
		job.Scheduled: pb.JobStatus_JOB_STATUS_SCHEDULED, job.Processing: pb.JobStatus_JOB_STATUS_PROCESSING,
		job.Completed: pb.JobStatus_JOB_STATUS_COMPLETED,
		job.Failed:    pb.JobStatus_JOB_STATUS_FAILED, job.Cancelled: pb.JobStatus_JOB_STATUS_CANCELLED,
	}
	resultKinds = map[job.Kind]pb.ResultKind{
		job.Image: pb.ResultKind_RESULT_KIND_IMAGE, job.Video: pb.ResultKind_RESULT_KIND_VIDEO, job.Audio: pb.ResultKind_RESULT_KIND_AUDIO,
		job.Words: pb.ResultKind_RESULT_KIND_TEXT, job.File: pb.ResultKind_RESULT_KIND_FILE,
	}
	failureReasons = map[job.FailureReason]pb.JobErrorReason{
		job.Rejected: pb.JobErrorReason_JOB_ERROR_REASON_REJECTED, job.Execution: pb.JobErrorReason_JOB_ERROR_REASON_EXECUTION,
		job.Interrupted: pb.JobErrorReason_JOB_ERROR_REASON_INTERRUPTED, job.Lost: pb.JobErrorReason_JOB_ERROR_REASON_LOST,
		job.Timeout: pb.JobErrorReason_JOB_ERROR_REASON_TIMEOUT, job.NoResult: pb.JobErrorReason_JOB_ERROR_REASON_NO_RESULT,
		job.Overrun: pb.JobErrorReason_JOB_ERROR_REASON_OVERRUN,
	}
	delayKinds = map[job.DelayKind]pb.DelayKind{
		job.Late: pb.DelayKind_DELAY_KIND_LATE, job.Overdue: pb.DelayKind_DELAY_KIND_OVERDUE, job.Retry: pb.DelayKind_DELAY_KIND_RETRY,
		job.Paused: pb.DelayKind_DELAY_KIND_PAUSED,
	}
	systemStatuses = map[health.Status]pb.SystemStatus{
		health.Booting: pb.SystemStatus_SYSTEM_STATUS_BOOTING, health.Benchmarking: pb.SystemStatus_SYSTEM_STATUS_BENCHMARKING,
		health.Ready:      pb.SystemStatus_SYSTEM_STATUS_READY,
		health.Restarting: pb.SystemStatus_SYSTEM_STATUS_RESTARTING, health.Offline: pb.SystemStatus_SYSTEM_STATUS_OFFLINE,
	}
	bootOutcomes = map[health.Outcome]pb.BootOutcome{
		health.Running: pb.BootOutcome_BOOT_OUTCOME_RUNNING, health.Done: pb.BootOutcome_BOOT_OUTCOME_DONE,
		health.Skipped: pb.BootOutcome_BOOT_OUTCOME_SKIPPED, health.Failed: pb.BootOutcome_BOOT_OUTCOME_FAILED,
	}
	auditActions = map[audit.Action]pb.AuditAction{
		audit.Book: pb.AuditAction_AUDIT_ACTION_BOOK, audit.Update: pb.AuditAction_AUDIT_ACTION_UPDATE,
		audit.Cancel: pb.AuditAction_AUDIT_ACTION_CANCEL,
		audit.SignIn: pb.AuditAction_AUDIT_ACTION_SIGN_IN, audit.CreateToken: pb.AuditAction_AUDIT_ACTION_CREATE_TOKEN,
		audit.RevokeToken: pb.AuditAction_AUDIT_ACTION_REVOKE_TOKEN, audit.RenameUser: pb.AuditAction_AUDIT_ACTION_RENAME_USER,
		audit.CreateUser: pb.AuditAction_AUDIT_ACTION_CREATE_USER, audit.SetAdministrator: pb.AuditAction_AUDIT_ACTION_SET_ADMINISTRATOR,
		audit.DeleteUser:       pb.AuditAction_AUDIT_ACTION_DELETE_USER,
		audit.CreateInvitation: pb.AuditAction_AUDIT_ACTION_CREATE_INVITATION,
		audit.RevokeInvitation: pb.AuditAction_AUDIT_ACTION_REVOKE_INVITATION,
		audit.RestartWorker:    pb.AuditAction_AUDIT_ACTION_RESTART_WORKER, audit.PauseWorker: pb.AuditAction_AUDIT_ACTION_PAUSE_WORKER,
		audit.ResumeWorker: pb.AuditAction_AUDIT_ACTION_RESUME_WORKER,
	}
	accessModes = map[account.Mode]pb.AccessMode{
		account.Open: pb.AccessMode_ACCESS_MODE_OPEN, account.Invite: pb.AccessMode_ACCESS_MODE_INVITE,
		account.Closed: pb.AccessMode_ACCESS_MODE_CLOSED,
	}
	parameterKinds = map[workflow.Kind]pb.ParameterKind{
		workflow.KindInteger: pb.ParameterKind_PARAMETER_KIND_INTEGER, workflow.KindNumber: pb.ParameterKind_PARAMETER_KIND_NUMBER,
		workflow.KindText: pb.ParameterKind_PARAMETER_KIND_TEXT, workflow.KindBoolean: pb.ParameterKind_PARAMETER_KIND_BOOLEAN,
		workflow.KindChoice: pb.ParameterKind_PARAMETER_KIND_CHOICE,
	}
)

func jobToProto(j job.Job) *pb.Job {
	out := &pb.Job{
		Id: j.ID, UserId: j.UserID, UserName: j.UserName, WorkerId: j.Worker, WorkflowId: j.Workflow, Status: statuses[j.Status],
		TimeSlot: j.Start, DurationMs: j.Duration,
		Prompt: j.Prompt, Seed: j.Seed, Parameters: valuesToProto(j.Parameters), ResultFilename: j.ResultFilename(),
		Attempt:         int32(j.Attempt),
		CancelRequested: j.CancelRequested, Version: j.Version, CreatedAtMs: j.CreatedAt, StartedAtMs: j.StartedAt,
		FinishedAtMs: j.FinishedAt, Hidden: j.Hidden,
		Shortened: j.Shortened,
	}
	for _, r := range j.Results {
		out.Results = append(out.Results, &pb.Result{Filename: r.Filename, Kind: resultKinds[r.Kind], NodeId: r.NodeID, Text: r.Text})
	}
	if f := j.Failure; f != nil {
		out.Error = &pb.JobError{Reason: failureReasons[f.Reason], Message: f.Message, NodeId: f.NodeID}
	}
	if d := j.Delay; d != nil {
		out.Delay = &pb.Delay{Kind: delayKinds[d.Kind], Reason: d.Reason, BookedTimeSlot: d.BookedStart}
	}
	return out
}

func progressToProto(p job.Progress) *pb.JobProgress {
	return &pb.JobProgress{
		JobId: p.JobID, Attempt: int32(p.Attempt), NodeId: p.NodeID, NodeTitle: p.NodeTitle, Step: int32(p.Step), Total: int32(p.Total),
		Preview: int32(p.Preview), NodesDone: int32(p.NodesDone), NodesTotal: int32(p.NodesTotal),
	}
}

func valueToProto(v workflow.Value) *pb.ParameterValue {
	switch v := v.(type) {
	case workflow.Integer:
		return &pb.ParameterValue{Value: &pb.ParameterValue_Integer{Integer: int64(v)}}
	case workflow.Number:
		return &pb.ParameterValue{Value: &pb.ParameterValue_Number{Number: float64(v)}}
	case workflow.Text:
		return &pb.ParameterValue{Value: &pb.ParameterValue_Text{Text: string(v)}}
	case workflow.Boolean:
		return &pb.ParameterValue{Value: &pb.ParameterValue_Boolean{Boolean: bool(v)}}
	default:
		return nil
	}
}

func valuesToProto(values workflow.Values) map[string]*pb.ParameterValue {
	out := make(map[string]*pb.ParameterValue, len(values))
	for name, v := range values {
		out[name] = valueToProto(v)
	}
	return out
}

func valuesFromProto(values map[string]*pb.ParameterValue) workflow.Values {
	out := make(workflow.Values, len(values))
	for name, v := range values {
		switch v := v.GetValue().(type) {
		case *pb.ParameterValue_Integer:
			out[name] = workflow.Integer(v.Integer)
		case *pb.ParameterValue_Number:
			out[name] = workflow.Number(v.Number)
		case *pb.ParameterValue_Text:
			out[name] = workflow.Text(v.Text)
		case *pb.ParameterValue_Boolean:
			out[name] = workflow.Boolean(v.Boolean)
		}
	}
	return out
}

func limitsToProto(l account.Limits) *pb.Limits {
	return &pb.Limits{OpenBookings: int32(l.OpenBookings), DaysAhead: int32(l.DaysAhead), RequestsPerSecond: int32(l.RequestsPerSecond)}
}

func revisionToProto(r feed.Revision) *pb.Revision {
	return &pb.Revision{Epoch: r.Epoch, Number: r.Number}
}

func connectionToProto(c feed.Connection) *pb.Connection {
	return &pb.Connection{ConnectionId: c.ID, UserId: c.UserID, Ip: c.IP, ConnectedAtMs: c.ConnectedAt, Client: c.Client}
}

func nameToProto(u feed.UserName) *pb.UserName { return &pb.UserName{UserId: u.UserID, Name: u.Name} }

func presenceToProto(p feed.Presence) *pb.Presence {
	return &pb.Presence{Connections: int32(p.Connections), Users: int32(p.Users)}
}

func userToProto(u account.User) *pb.User {
	return &pb.User{Id: u.ID, Name: u.Name, Administrator: u.Administrator, CreatedAtMs: u.CreatedAt}
}

func accountToProto(a account.Account) *pb.UserAccount {
	return &pb.UserAccount{User: userToProto(a.User), Tokens: int32(a.Tokens), LastUsedAtMs: a.LastUsed}
}

func tokenToProto(t account.Token, current string) *pb.Token {
	return &pb.Token{Id: t.ID, Name: t.ClientName, CreatedAtMs: t.CreatedAt, LastUsedAtMs: t.LastUsed, Current: t.ID == current}
}

func invitationToProto(i account.Invitation) *pb.Invitation {
	return &pb.Invitation{
		Id: i.ID, Note: i.Note, CreatedBy: i.CreatedByName, CreatedAtMs: i.CreatedAt, ExpiresAtMs: i.ExpiresAt, MaxUses: int32(i.MaxUses),
		Uses: int32(i.Uses),
	}
}

func eventToProto(e audit.Event) *pb.AuditEvent {
	return &pb.AuditEvent{
		AtMs: e.At, UserId: e.UserID, UserName: e.UserName, Ip: e.Address, Action: auditActions[e.Action],
		JobId: e.JobID, Detail: e.Detail,
	}
}

// maxDetail is how long a text about the service may be, in characters.
const maxDetail = 4000

func workerToProto(w health.Worker) *pb.Worker {
	return &pb.Worker{
		Id: w.ID, Status: systemStatuses[w.Status], Reason: job.Beginning(w.Reason, maxDetail), Simulated: w.Simulated,
		ComfyuiVersion: w.ComfyUIVersion, Device: w.Device,
		Estimates: each(w.Estimates, func(e estimate.Estimate) *pb.Estimate {
			return &pb.Estimate{WorkflowId: e.Workflow, BenchmarkMs: e.BenchmarkMS, SlotDurationMs: e.SlotDurationMS}
		}),
		Pause: pauseToProto(w.Pause),
		BootSteps: each(w.BootSteps, func(s health.BootStep) *pb.BootStep {
			return &pb.BootStep{
				Name: s.Name, Outcome: bootOutcomes[s.Outcome], ElapsedMs: s.ElapsedMS,
				Detail: job.Beginning(s.Detail, maxDetail),
			}
		}),
	}
}

func pauseToProto(p *schedule.Pause) *pb.Pause {
	if p == nil {
		return nil
	}
	return &pb.Pause{StartMs: p.Slot.Start, EndMs: p.Slot.End, Reason: p.Reason, UserName: p.UserName}
}

func (o Outlook) system(s health.State, v account.User) *pb.SystemState {
	s = o.System(v, s)
	return &pb.SystemState{
		SystemStatus: systemStatuses[s.Status], Reason: job.Beginning(s.Reason, maxDetail), BenchmarkMs: s.BenchmarkMS,
		Workers: each(s.Workers, workerToProto),
		Version: o.Version, AccessMode: accessModes[o.Mode], PrivateJobs: o.PrivateJobs, Limits: limitsToProto(o.Limits),
	}
}

func each[T, U any](list []T, f func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
