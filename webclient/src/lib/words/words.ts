import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { SystemStatus } from "../../gen/comfyscheduler/v1/state_pb";
import { BootStage, WorkerStatus } from "../../gen/comfyscheduler/v1/worker_pb";

/** What a status is called on the page. */
export const statusWords: Record<JobStatus, string> = {
  [JobStatus.UNSPECIFIED]: "Unknown",
  [JobStatus.SCHEDULED]: "Scheduled",
  [JobStatus.PROCESSING]: "Processing",
  [JobStatus.COMPLETED]: "Completed",
  [JobStatus.FAILED]: "Failed",
  [JobStatus.CANCELLED]: "Cancelled",
};

/** What the state of the service is called on the page. */
export const systemWords: Record<SystemStatus, string> = {
  [SystemStatus.UNSPECIFIED]: "Unknown",
  [SystemStatus.BOOTING]: "Booting",
  [SystemStatus.BENCHMARKING]: "Benchmarking",
  [SystemStatus.READY]: "Ready",
  [SystemStatus.RESTARTING]: "Restarting",
  [SystemStatus.OFFLINE]: "Offline",
};

/** What the state of a worker is called on the page. */
export const workerWords: Record<WorkerStatus, string> = {
  [WorkerStatus.UNSPECIFIED]: "Unknown",
  [WorkerStatus.BOOTING]: "Booting",
  [WorkerStatus.BENCHMARKING]: "Benchmarking",
  [WorkerStatus.READY]: "Ready",
  [WorkerStatus.RESTARTING]: "Restarting",
  [WorkerStatus.OFFLINE]: "Offline",
};

/** What a step of bringing ComfyUI up is called on the page, within a sentence. */
export const stageWords: Record<BootStage, string> = {
  [BootStage.UNSPECIFIED]: "start",
  [BootStage.VALIDATE]: "validate",
  [BootStage.LAUNCH]: "launch",
  [BootStage.WAIT_FOR_PORT]: "wait for port",
  [BootStage.CONNECT]: "connect",
  [BootStage.WARM_UP]: "warm up",
  [BootStage.BENCHMARK]: "benchmark",
  [BootStage.READY]: "ready",
};

/** The words with a capital letter. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The same with a full stop, unless it ends already; empty for no words. */
export function fullSentence(words: string): string {
  return words && sentence(words) + (/[.!?…]$/.test(words) ? "" : ".");
}

/** Viewer is who looks at the page, and what users are called now. */
export interface Viewer {
  readonly id: string | undefined;
  /** By user id. The live state hears of every new name. */
  readonly names: ReadonlyMap<string, string>;
}

/** What a user is called now. */
export function userName(names: Viewer["names"], userId: string): string {
  return names.get(userId) || `User ${userId.slice(0, 8)}`;
}

/** Whose job it is, as the viewer would say it. */
export function ownerWords(job: Job, { id, names }: Viewer): string {
  return job.userId === id ? "You" : userName(names, job.userId);
}

/** The job's prompt on one line, or why there is none to show. A job without one is called as its workflow. */
export function promptLine(job: Job, workflowTitle = job.workflowId): string {
  return job.hidden ? "Private" : job.prompt.replace(/\s+/g, " ").trim() || workflowTitle;
}
