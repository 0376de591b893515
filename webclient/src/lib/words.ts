import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { SystemStatus } from "../gen/comfyscheduler/v1/system_pb";

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

/** The words with a capital letter. */
export function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whose job it is, as the viewer would say it. */
export function ownerWords(job: Job, myId: string | undefined): string {
  return job.userId === myId ? "You" : job.userName;
}

/** The job's prompt on one line, or why there is none to show. */
export function promptLine(job: Job): string {
  return job.hidden ? "Private" : job.prompt.replace(/\s+/g, " ").trim();
}
