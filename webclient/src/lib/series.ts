import type { Job } from "../gen/comfyscheduler/v1/job_pb";

/** Collapsed is a job of a list, and how many of the same series stand behind it. */
export interface Collapsed {
  readonly job: Job;
  readonly others: readonly Job[];
}

/** A list in which a series is one entry: its first job there, with those that follow behind it. The order stays. */
export function collapsed(jobs: readonly Job[]): Collapsed[] {
  const bySeries = new Map<string, Job[]>();
  const entries: { job: Job; others: Job[] }[] = [];
  for (const job of jobs) {
    const behind = job.seriesId === "" ? undefined : bySeries.get(job.seriesId);
    if (behind) {
      behind.push(job);
      continue;
    }
    const others: Job[] = [];
    if (job.seriesId !== "") bySeries.set(job.seriesId, others);
    entries.push({ job, others });
  }
  return entries;
}

/** The jobs of a series, in its order. */
export function ofSeries(jobs: Iterable<Job>, seriesId: string): readonly Job[] {
  return [...jobs].filter((job) => job.seriesId === seriesId).sort((a, b) => a.seriesIndex - b.seriesIndex);
}
