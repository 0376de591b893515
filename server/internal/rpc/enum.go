package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Each value of an enum of the schema stands for one value of the domain. A test holds that none is forgotten on either side.
var (
	jobStatuses = map[job.Status]pb.JobStatus{
		job.Scheduled:  pb.JobStatus_JOB_STATUS_SCHEDULED,
		job.Processing: pb.JobStatus_JOB_STATUS_PROCESSING,
		job.Completed:  pb.JobStatus_JOB_STATUS_COMPLETED,
		job.Failed:     pb.JobStatus_JOB_STATUS_FAILED,
		job.Cancelled:  pb.JobStatus_JOB_STATUS_CANCELLED,
	}
	resultKinds = map[job.Kind]pb.ResultKind{
		job.Image: pb.ResultKind_RESULT_KIND_IMAGE,
		job.Video: pb.ResultKind_RESULT_KIND_VIDEO,
		job.Audio: pb.ResultKind_RESULT_KIND_AUDIO,
		job.Text:  pb.ResultKind_RESULT_KIND_TEXT,
		job.File:  pb.ResultKind_RESULT_KIND_FILE,
	}
	failureReasons = map[job.FailureReason]pb.JobErrorReason{
		job.Rejected:    pb.JobErrorReason_JOB_ERROR_REASON_REJECTED,
		job.Execution:   pb.JobErrorReason_JOB_ERROR_REASON_EXECUTION,
		job.Interrupted: pb.JobErrorReason_JOB_ERROR_REASON_INTERRUPTED,
		job.Lost:        pb.JobErrorReason_JOB_ERROR_REASON_LOST,
		job.Timeout:     pb.JobErrorReason_JOB_ERROR_REASON_TIMEOUT,
		job.NoResult:    pb.JobErrorReason_JOB_ERROR_REASON_NO_RESULT,
		job.Overrun:     pb.JobErrorReason_JOB_ERROR_REASON_OVERRUN,
		job.InputFile:   pb.JobErrorReason_JOB_ERROR_REASON_INPUT_FILE,
	}
	estimateBases = map[estimate.Basis]pb.EstimateBasis{
		estimate.Guess:    pb.EstimateBasis_ESTIMATE_BASIS_GUESS,
		estimate.Measured: pb.EstimateBasis_ESTIMATE_BASIS_MEASURED,
		estimate.Learned:  pb.EstimateBasis_ESTIMATE_BASIS_LEARNED,
	}
	delayKinds = map[job.DelayKind]pb.DelayKind{
		job.Late:    pb.DelayKind_DELAY_KIND_LATE,
		job.Overdue: pb.DelayKind_DELAY_KIND_OVERDUE,
		job.Retry:   pb.DelayKind_DELAY_KIND_RETRY,
		job.Paused:  pb.DelayKind_DELAY_KIND_PAUSED,
	}
	systemStatuses = map[health.Status]pb.SystemStatus{
		health.Booting:      pb.SystemStatus_SYSTEM_STATUS_BOOTING,
		health.Benchmarking: pb.SystemStatus_SYSTEM_STATUS_BENCHMARKING,
		health.Ready:        pb.SystemStatus_SYSTEM_STATUS_READY,
		health.Restarting:   pb.SystemStatus_SYSTEM_STATUS_RESTARTING,
		health.Offline:      pb.SystemStatus_SYSTEM_STATUS_OFFLINE,
	}
	workerStatuses = map[health.Status]pb.WorkerStatus{
		health.Booting:      pb.WorkerStatus_WORKER_STATUS_BOOTING,
		health.Benchmarking: pb.WorkerStatus_WORKER_STATUS_BENCHMARKING,
		health.Ready:        pb.WorkerStatus_WORKER_STATUS_READY,
		health.Restarting:   pb.WorkerStatus_WORKER_STATUS_RESTARTING,
		health.Offline:      pb.WorkerStatus_WORKER_STATUS_OFFLINE,
	}
	bootOutcomes = map[health.Outcome]pb.BootOutcome{
		health.Running: pb.BootOutcome_BOOT_OUTCOME_RUNNING,
		health.Done:    pb.BootOutcome_BOOT_OUTCOME_DONE,
		health.Skipped: pb.BootOutcome_BOOT_OUTCOME_SKIPPED,
		health.Failed:  pb.BootOutcome_BOOT_OUTCOME_FAILED,
	}
	bootStages = map[health.Stage]pb.BootStage{
		health.Validate:    pb.BootStage_BOOT_STAGE_VALIDATE,
		health.Launch:      pb.BootStage_BOOT_STAGE_LAUNCH,
		health.WaitForPort: pb.BootStage_BOOT_STAGE_WAIT_FOR_PORT,
		health.Connect:     pb.BootStage_BOOT_STAGE_CONNECT,
		health.WarmUp:      pb.BootStage_BOOT_STAGE_WARM_UP,
		health.Benchmark:   pb.BootStage_BOOT_STAGE_BENCHMARK,
		health.TakeJobs:    pb.BootStage_BOOT_STAGE_READY,
	}
	auditActions = map[audit.Action]pb.AuditAction{
		audit.Book:             pb.AuditAction_AUDIT_ACTION_BOOK,
		audit.Update:           pb.AuditAction_AUDIT_ACTION_UPDATE,
		audit.Cancel:           pb.AuditAction_AUDIT_ACTION_CANCEL,
		audit.SignIn:           pb.AuditAction_AUDIT_ACTION_SIGN_IN,
		audit.CreateToken:      pb.AuditAction_AUDIT_ACTION_CREATE_TOKEN,
		audit.RevokeToken:      pb.AuditAction_AUDIT_ACTION_REVOKE_TOKEN,
		audit.RenameUser:       pb.AuditAction_AUDIT_ACTION_RENAME_USER,
		audit.CreateUser:       pb.AuditAction_AUDIT_ACTION_CREATE_USER,
		audit.SetAdministrator: pb.AuditAction_AUDIT_ACTION_SET_ADMINISTRATOR,
		audit.DeleteUser:       pb.AuditAction_AUDIT_ACTION_DELETE_USER,
		audit.CreateInvitation: pb.AuditAction_AUDIT_ACTION_CREATE_INVITATION,
		audit.RevokeInvitation: pb.AuditAction_AUDIT_ACTION_REVOKE_INVITATION,
		audit.RestartWorker:    pb.AuditAction_AUDIT_ACTION_RESTART_WORKER,
		audit.PauseWorker:      pb.AuditAction_AUDIT_ACTION_PAUSE_WORKER,
		audit.ResumeWorker:     pb.AuditAction_AUDIT_ACTION_RESUME_WORKER,
		audit.TakeWorkerOut:    pb.AuditAction_AUDIT_ACTION_TAKE_WORKER_OUT_OF_SERVICE,
		audit.ReturnWorker:     pb.AuditAction_AUDIT_ACTION_RETURN_WORKER_TO_SERVICE,
		audit.ImportWorkflow:   pb.AuditAction_AUDIT_ACTION_IMPORT_WORKFLOW,
		audit.UpdateWorkflow:   pb.AuditAction_AUDIT_ACTION_UPDATE_WORKFLOW,
		audit.DeleteWorkflow:   pb.AuditAction_AUDIT_ACTION_DELETE_WORKFLOW,
		audit.CreateAsset:      pb.AuditAction_AUDIT_ACTION_CREATE_ASSET,
		audit.DeleteAsset:      pb.AuditAction_AUDIT_ACTION_DELETE_ASSET,
	}
	workflowSources = map[workflow.Source]pb.WorkflowSource{
		workflow.FromConfiguration: pb.WorkflowSource_WORKFLOW_SOURCE_CONFIGURATION,
		workflow.FromFolder:        pb.WorkflowSource_WORKFLOW_SOURCE_FOLDER,
		workflow.FromImport:        pb.WorkflowSource_WORKFLOW_SOURCE_IMPORT,
	}
	outputKinds = map[workflow.ResultKind]pb.ResultKind{
		workflow.ImageResult: pb.ResultKind_RESULT_KIND_IMAGE,
		workflow.VideoResult: pb.ResultKind_RESULT_KIND_VIDEO,
		workflow.AudioResult: pb.ResultKind_RESULT_KIND_AUDIO,
		workflow.TextResult:  pb.ResultKind_RESULT_KIND_TEXT,
		workflow.FileResult:  pb.ResultKind_RESULT_KIND_FILE,
	}
	inputRoles = map[form.Role]pb.InputRole{
		form.Prompt:         pb.InputRole_INPUT_ROLE_PROMPT,
		form.NegativePrompt: pb.InputRole_INPUT_ROLE_NEGATIVE_PROMPT,
		form.SeedRole:       pb.InputRole_INPUT_ROLE_SEED,
		form.Width:          pb.InputRole_INPUT_ROLE_WIDTH,
		form.Height:         pb.InputRole_INPUT_ROLE_HEIGHT,
		form.Steps:          pb.InputRole_INPUT_ROLE_STEPS,
		form.Guidance:       pb.InputRole_INPUT_ROLE_GUIDANCE,
		form.Batch:          pb.InputRole_INPUT_ROLE_BATCH,
		form.Frames:         pb.InputRole_INPUT_ROLE_FRAMES,
		form.Seconds:        pb.InputRole_INPUT_ROLE_SECONDS,
		form.FPS:            pb.InputRole_INPUT_ROLE_FPS,
	}
	fileKinds = map[form.FileKind]pb.FileKind{
		form.Image:        pb.FileKind_FILE_KIND_IMAGE,
		form.Mask:         pb.FileKind_FILE_KIND_MASK,
		form.Video:        pb.FileKind_FILE_KIND_VIDEO,
		form.Audio:        pb.FileKind_FILE_KIND_AUDIO,
		form.Model3D:      pb.FileKind_FILE_KIND_MODEL_3D,
		form.WorkflowFile: pb.FileKind_FILE_KIND_WORKFLOW,
	}
	problemKinds = map[fitness.Kind]pb.WorkflowProblemKind{
		fitness.MissingClass:    pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_CLASS,
		fitness.MissingModel:    pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_MODEL,
		fitness.ValueNotOffered: pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_VALUE_NOT_OFFERED,
		fitness.MissingFile:     pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_MISSING_FILE,
		fitness.BadResult:       pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_OTHER,
		fitness.Other:           pb.WorkflowProblemKind_WORKFLOW_PROBLEM_KIND_OTHER,
	}
	measurementStates = map[measured.State]pb.WorkflowMeasurementState{
		measured.Unmeasured: pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_UNSPECIFIED,
		measured.Waiting:    pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_WAITING,
		measured.Running:    pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_RUNNING,
		measured.Done:       pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_DONE,
		measured.BadResult:  pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_BAD_RESULT,
		measured.Never:      pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_NEVER,
	}
	accessModes = map[account.Mode]pb.AccessMode{
		account.Open:   pb.AccessMode_ACCESS_MODE_OPEN,
		account.Invite: pb.AccessMode_ACCESS_MODE_INVITE,
		account.Closed: pb.AccessMode_ACCESS_MODE_CLOSED,
	}
)

// values gives what the values of an enum stand for.
func values[D, E comparable](enum map[D]E, asked []E) []D {
	var found []D
	for domain, wire := range enum {
		for _, one := range asked {
			if one == wire {
				found = append(found, domain)
			}
		}
	}
	return found
}
