import type { Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";

/** JobQuery says which jobs the grid lists, and how. */
export interface JobQuery {
  /** All when empty. */
  readonly statuses: readonly JobStatus[];
  /** Only this user's; everybody's when empty. */
  readonly userId: string;
  readonly descending: boolean;
}

/** Whether the job belongs to the query. */
export function matches(job: Job, { statuses, userId }: JobQuery): boolean {
  return (statuses.length === 0 || statuses.includes(job.status)) && (userId === "" || job.userId === userId);
}

/** Order by slot, as the server has it. */
export function compare(a: Job, b: Job, descending: boolean): number {
  const bySlot = Number(a.timeSlot - b.timeSlot) || (a.id < b.id ? -1 : 1);
  return descending ? -bySlot : bySlot;
}

/**
 * The rows of a query: the pages fetched so far with the live state laid over them. Live jobs beyond the last fetched
 * row are left out while more pages are to come, so that a row never jumps past ones that were not fetched yet.
 */
export function mergeRows(
  pages: readonly Job[],
  live: ReadonlyMap<string, Job>,
  query: JobQuery,
  more: boolean,
): Job[] {
  const rows = new Map(pages.map((job) => [job.id, job]));
  const last = more ? pages.at(-1) : undefined;
  for (const job of live.values()) {
    const known = rows.get(job.id);
    if (known ? job.version >= known.version : !last || compare(job, last, query.descending) <= 0)
      rows.set(job.id, job);
  }
  return [...rows.values()].filter((job) => matches(job, query)).sort((a, b) => compare(a, b, query.descending));
}
