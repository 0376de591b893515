import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Series } from "../../gen/comfyscheduler/v1/series_pb";
import { slotOf } from "../../lib/slots";

/** Sums are how far a series is: how many jobs there are of each kind. */
export interface Sums {
  readonly total: number;
  readonly scheduled: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly start: number;
  readonly end: number;
}

/** The sums of a series as the server tells them, or, of one that it has not told, those of the jobs that are known. */
export function sumsOf(told: Series | undefined, jobs: readonly Job[]): Sums {
  if (told?.timeSlot) {
    return {
      total: told.jobCount,
      scheduled: told.scheduledCount,
      running: told.processingCount,
      completed: told.completedCount,
      failed: told.failedCount,
      cancelled: told.cancelledCount,
      start: Number(told.timeSlot.startMs),
      end: Number(told.timeSlot.endMs),
    };
  }
  const count = (status: JobStatus) => jobs.filter((job) => job.status === status).length;
  return {
    total: jobs.length,
    scheduled: count(JobStatus.SCHEDULED),
    running: count(JobStatus.PROCESSING),
    completed: count(JobStatus.COMPLETED),
    failed: count(JobStatus.FAILED),
    cancelled: count(JobStatus.CANCELLED),
    start: Math.min(...jobs.map((job) => slotOf(job).start)),
    end: Math.max(...jobs.map((job) => slotOf(job).end)),
  };
}

/** What a series is as a whole: running while one runs, waiting while one waits, and then as the best of it went. */
export function statusOf({ running, scheduled, completed, failed }: Sums): JobStatus {
  if (running > 0) return JobStatus.PROCESSING;
  if (scheduled > 0) return JobStatus.SCHEDULED;
  if (completed > 0) return JobStatus.COMPLETED;
  return failed > 0 ? JobStatus.FAILED : JobStatus.CANCELLED;
}

/** How far it is, in words: what there is none of is not spoken of. */
export function sumsWords({ completed, running, scheduled, failed, cancelled }: Sums): string {
  return [
    [completed, "done"],
    [running, "running"],
    [scheduled, "to come"],
    [failed, "failed"],
    [cancelled, "cancelled"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(" · ");
}
