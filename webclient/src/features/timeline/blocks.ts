import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { holdsSlot, type Slot, slotOf } from "../../lib/slots";

/** Block is something drawn on the timeline: a job, or many that are too small to tell apart. */
export interface Block extends Slot {
  /** The job, or the first of a cluster. */
  readonly job: Job;
  /** Jobs in it. */
  readonly count: number;
  /** Pixels across. */
  readonly width: number;
  /** Free pixels after it: room for a label that does not fit inside. */
  readonly room: number;
}

/** Blocks narrower than this, in pixels, are drawn together with their neighbours. */
const smallest = 3;
/** A gap of this many pixels keeps two small blocks apart. */
const apart = 2;

/** Where a job stands on the timeline: its slot while it holds one, its run once it has ended. */
export function extentOf(job: Job): Slot {
  const started = Number(job.startedAtMs);
  if (holdsSlot(job) || started === 0) return slotOf(job);
  return { start: started, end: Math.max(started + 1, Number(job.finishedAtMs)) };
}

/** The blocks of the jobs within a window, earliest first. Cancelled jobs hold no place and are left out. */
export function layOut(jobs: Iterable<Job>, window: Slot, msPerPixel: number): Block[] {
  const spans: (Slot & { job: Job })[] = [];
  for (const job of jobs) {
    if (job.status === JobStatus.CANCELLED) continue;
    const extent = extentOf(job);
    if (extent.start <= window.end && extent.end >= window.start) spans.push({ ...extent, job });
  }
  spans.sort((a, b) => a.start - b.start || a.job.id.localeCompare(b.job.id));

  const drawn: (Slot & { job: Job; count: number })[] = [];
  for (const span of spans) {
    const last = drawn.at(-1);
    const small = (span.end - span.start) / msPerPixel < smallest;
    if (last && small && isSmall(last, msPerPixel) && (span.start - last.end) / msPerPixel < apart) {
      drawn[drawn.length - 1] = {
        ...last,
        end: Math.max(last.end, span.end),
        count: last.count + 1,
      };
    } else {
      drawn.push({ ...span, count: 1 });
    }
  }
  return drawn.map((block, index) => ({
    ...block,
    width: (block.end - block.start) / msPerPixel,
    room: Math.max(0, ((drawn[index + 1]?.start ?? Number.POSITIVE_INFINITY) - block.end) / msPerPixel),
  }));
}

/** Whether further small jobs may join: single small jobs and clusters. */
function isSmall(block: Slot & { count: number }, msPerPixel: number): boolean {
  return block.count > 1 || (block.end - block.start) / msPerPixel < smallest;
}

/** How far a running job has outlasted its slot, in milliseconds; 0 while it keeps to it. */
export function overrunOf(job: Job, now: number): number {
  return job.status === JobStatus.PROCESSING ? Math.max(0, now - slotOf(job).end) : 0;
}
