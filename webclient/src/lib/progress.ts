import { type Job, type JobProgress, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatDuration } from "./format";

/** How far a running job is, by the clock: the only measure that is right for every workflow. */
export interface Progress {
  /** How much of the expected time has passed, from 0 to 1. It never falls within one run, and is full only at the end. */
  readonly share: number;
  /** Milliseconds since ComfyUI was handed the job; 0 before. */
  readonly elapsed: number;
  /** Milliseconds to the expected end; negative when the run takes longer than expected. */
  readonly left: number;
}

/** A run that is not over fills no more than this, however long it takes. */
const fullest = 0.97;

/** The progress of a job at a moment. What a run is expected to take is the length of the job's slot. */
export function progressOf(job: Job, now: number): Progress {
  const expected = Number(job.durationMs);
  const started = Number(job.startedAtMs);
  const elapsed = started > 0 ? Math.max(0, now - started) : 0;
  const share = job.status === JobStatus.COMPLETED ? 1 : expected > 0 ? Math.min(fullest, elapsed / expected) : 0;
  return { share, elapsed, left: expected - elapsed };
}

/** How the time of a run goes, such as "9 s gone, about 12 s left". */
export function timeWords({ elapsed, left }: Progress): string {
  if (elapsed === 0) return `About ${formatDuration(wholeSeconds(left))}`;
  const rest = left > 0 ? `about ${formatDuration(wholeSeconds(left))} left` : "takes longer than its slot";
  return `${formatDuration(Math.floor(elapsed / 1000) * 1000)} gone, ${rest}`;
}

function wholeSeconds(ms: number): number {
  return Math.max(1, Math.round(ms / 1000)) * 1000;
}

/** What is running, such as "Sample, step 3 of 4". */
export function stepWords(progress: JobProgress | undefined): string {
  if (!progress) return "Handed to ComfyUI";
  const { nodeTitle, nodeId, step, total } = progress;
  const name = nodeTitle || (nodeId ? `Node ${nodeId}` : "Starting");
  return total > 0 ? `${name}, step ${step} of ${total}` : name;
}
