import { type Job, type JobProgress, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatMoment } from "./format";

/** How far a running job is, by the clock: the only measure that is right for every workflow. */
export interface Progress {
  /** How much of the expected time has passed, from 0 to 1. It never falls within one run, and is full only at the end. */
  readonly share: number;
  /** Milliseconds since ComfyUI was handed the job; 0 before. */
  readonly elapsed: number;
  /** Milliseconds to the expected end; negative when the run takes longer than expected. */
  readonly left: number;
  /** When it is expected to end, in milliseconds since the Unix epoch; 0 before it has begun. */
  readonly end: number;
}

/** Pace is the line that a run's bar goes along: from a share at a moment to full at the expected end. Times in milliseconds. */
export interface Pace {
  readonly share: number;
  readonly at: number;
  readonly end: number;
}

/** A run that is not over fills no more than this, however long it takes. */
const fullest = 0.97;
/** Ends that differ by less than this, in milliseconds, are one: the line need not turn. */
const steady = 250;

/**
 * The pace of a run at a moment, from the one before. When another end is expected, the bar goes on from where it is, slower or
 * faster: it never jumps and never goes back.
 */
export function paceOf(job: Job, step: JobProgress | undefined, now: number, before?: Pace): Pace {
  const started = Number(job.startedAtMs) || now;
  const told = step && step.attempt === job.attempt ? Number(step.expectedEndMs) : 0;
  const end = told || Math.max(before?.end ?? 0, started + (Number(job.expectedMs) || Number(job.durationMs)));
  if (before && Math.abs(before.end - end) < steady) return before;
  if (before) return { share: shareAt(before, now), at: now, end };
  // Who comes in the middle of a run begins where the server says that it is.
  return told && step ? { share: Math.min(step.fraction, fullest), at: now, end } : { share: 0, at: started, end };
}

function shareAt({ share, at, end }: Pace, now: number): number {
  if (now <= at) return share;
  const passed = end > at ? Math.min(1, (now - at) / (end - at)) : 0;
  return Math.min(fullest, share + (1 - share) * passed);
}

/** The progress of a job at a moment, along its pace. */
export function progressOf(job: Job, now: number, pace: Pace = paceOf(job, undefined, now)): Progress {
  const started = Number(job.startedAtMs);
  const elapsed = started > 0 ? Math.max(0, now - started) : 0;
  const share = job.status === JobStatus.COMPLETED ? 1 : started > 0 ? shareAt(pace, now) : 0;
  return { share, elapsed, left: pace.end - now, end: started > 0 ? pace.end : 0 };
}

/** How the time of a run goes, such as "About 12 s left, until 14:07:20". */
export function timeWords({ elapsed, left, end }: Progress, now: number): string {
  if (elapsed === 0) return `About ${formatDuration(wholeSeconds(left))}`;
  if (left > 0) return `About ${formatDuration(wholeSeconds(left))} left, until ${formatMoment(end, now)}`;
  return `${formatDuration(Math.floor(elapsed / 1000) * 1000)} gone, longer than expected`;
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
