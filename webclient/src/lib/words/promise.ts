import { DelayKind, type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration } from "../format";
import { startOf } from "../slots";

/** Moves forward by less than this, in milliseconds, are not worth a word. */
const least = 1_000;

/** Whether the job starts earlier by itself when a worker would be idle: its slot is a promise "not later than". */
export function isMovable({ status, sooner, delay }: Pick<Job, "status" | "sooner" | "delay">): boolean {
  if (status !== JobStatus.SCHEDULED) return false;
  const kind = delay?.kind ?? DelayKind.UNSPECIFIED;
  return sooner || kind === DelayKind.OVERDUE || kind === DelayKind.RETRY || kind === DelayKind.PAUSED;
}

/** By how much a job was moved forward, such as "Moved forward 40 s"; empty when it was not. */
export function forwardWords(job: Pick<Job, "timeSlot" | "promisedStartMs">): string {
  const by = Number(job.promisedStartMs) - startOf(job);
  return Number(job.promisedStartMs) > 0 && by >= least ? `Moved forward ${formatDuration(by)}` : "";
}

/** What a slot promises: that it may start earlier, or did; empty for one that stays where it is. */
export function promiseWords(job: Job): string {
  return forwardWords(job) || (isMovable(job) ? "May start earlier" : "");
}
