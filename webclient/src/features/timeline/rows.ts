import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { holdsSlot, type Slot } from "../../lib/slots";
import { extentOf } from "./blocks";

/** Row is one worker's lane as it is drawn. */
export interface Row {
  readonly id: string;
  /** Absent for a worker that is no longer configured and still has bookings. */
  readonly worker?: Worker | undefined;
}

/** The lanes from above, in the order of the configuration; none when one alone is all there is. */
export function rowsOf(workers: readonly Worker[], jobs: Iterable<Job>): readonly Row[] {
  const rows: Row[] = workers.map((worker) => ({ id: worker.id, worker }));
  const known = new Set(workers.map(({ id }) => id));
  for (const job of jobs) {
    if (known.has(job.workerId) || !holdsSlot(job)) continue;
    known.add(job.workerId);
    rows.push({ id: job.workerId });
  }
  return rows.length > 1 ? rows : [];
}

/** How much of a stretch is booked or was used, from 0 to 1, by worker. */
export function loadsOf(jobs: Iterable<Job>, { start, end }: Slot): ReadonlyMap<string, number> {
  const busy = new Map<string, number>();
  for (const job of jobs) {
    if (job.status === JobStatus.CANCELLED) continue;
    const extent = extentOf(job);
    const shown = Math.min(extent.end, end) - Math.max(extent.start, start);
    if (shown > 0) busy.set(job.workerId, (busy.get(job.workerId) ?? 0) + shown);
  }
  const length = Math.max(1, end - start);
  return new Map([...busy].map(([id, ms]) => [id, Math.min(1, ms / length)]));
}

/** Sizes of lanes in pixels: those of `timeline.css`. */
export interface RowSizes {
  readonly height: number;
  /** The axis above the lanes. */
  readonly axis: number;
}

const narrowest = 640;

/** On a phone the head of a lane lies above it. */
export function rowSizes(width: number): RowSizes {
  return { height: width < narrowest ? 76 : 60, axis: axisHeight };
}

/** Height of the axis, as vis-timeline draws it with our labels. */
export const axisHeight = 47;

/** The lanes in sight, and one beyond on either side, as places from above. */
export function rowsInSight(scroll: { top: number; height: number }, sizes: RowSizes, count: number): Slot {
  const first = Math.floor(scroll.top / sizes.height) - 1;
  const last = Math.ceil((scroll.top + scroll.height - sizes.axis) / sizes.height) + 1;
  return { start: Math.max(0, first), end: Math.min(count, Math.max(last, first + 3)) };
}
