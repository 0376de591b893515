import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { type Collapsed, collapsed } from "../../lib/series";
import { startOf } from "../../lib/slots";
import { hasEnded } from "../../live/state";

/** How the grid is ordered: by slot either way, or with what matters now on top. */
export type GridOrder = "now" | "desc" | "asc";

/** JobQuery says which jobs are fetched page by page, and how. */
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
  const bySlot = startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1);
  return descending ? -bySlot : bySlot;
}

/** Known is what is known of the jobs at one moment: the pages fetched so far, and the live state. */
export interface Known {
  readonly pages: readonly Job[];
  readonly live: ReadonlyMap<string, Job>;
  /** More pages are to come. */
  readonly more: boolean;
}

/**
 * The rows of a query. Live jobs beyond the last fetched row are left out while more pages are to come, so that a row never
 * jumps past ones that were not fetched yet.
 */
export function rowsOf({ pages, live, more }: Known, query: JobQuery): Job[] {
  const last = more ? pages.at(-1) : undefined;
  const fetched = new Set(pages.map(({ id }) => id));
  const within = (job: Job) => fetched.has(job.id) || !last || compare(job, last, query.descending) <= 0;
  return latest(pages, live)
    .filter((job) => matches(job, query) && within(job))
    .sort((a, b) => compare(a, b, query.descending));
}

/** Bookings shown above the history while the grid begins with now. */
export const nextFew = 3;

/** The same with what matters now on top: what runs, the next few bookings, and then the history. A series is one entry, and no job is
 * in it twice. `hidden` counts the bookings to come that are in no entry. */
export function nowFirst(known: Known, query: JobQuery): { entries: Collapsed[]; hidden: number } {
  const everything = latest(known.pages, known.live).filter(
    (job) => query.userId === "" || job.userId === query.userId,
  );
  const inTurn = (status: JobStatus) =>
    everything.filter((job) => job.status === status).sort((a, b) => compare(a, b, false));
  const history = rowsOf(known, query).filter(hasEnded);
  let [few, hidden] = [nextFew, 0];
  const entries = collapsed([...inTurn(JobStatus.PROCESSING), ...inTurn(JobStatus.SCHEDULED), ...history]).filter(
    ({ job, others }) => {
      if (job.status !== JobStatus.SCHEDULED || few-- > 0) return true;
      hidden += 1 + others.filter(({ status }) => status === JobStatus.SCHEDULED).length;
      return false;
    },
  );
  return { entries, hidden };
}

/** Each job once, in its latest version: a page may be ahead of the live state and behind it. */
function latest(pages: readonly Job[], live: ReadonlyMap<string, Job>): Job[] {
  const jobs = new Map(live);
  for (const job of pages) {
    const known = jobs.get(job.id);
    if (!known || known.version < job.version) jobs.set(job.id, job);
  }
  return [...jobs.values()];
}
