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
  /** It stands right before, or right behind, one of the same series. */
  readonly joinsNext: boolean;
  readonly joinsLast: boolean;
}

/** Blocks narrower than this, in pixels, are drawn together with their neighbours. */
const smallest = 7;
/** A gap of this many pixels keeps two small blocks apart. */
const apart = 2;
/** A cluster grows no wider than this many pixels, so that a whole day still shows where it is busy. */
const widest = 36;

/** Where a job stands on the timeline: its slot while it holds one, its run once it has ended. */
export function extentOf(job: Job): Slot {
  const started = Number(job.startedAtMs);
  if (holdsSlot(job) || started === 0) return slotOf(job);
  return { start: started, end: Math.max(started + 1, Number(job.finishedAtMs)) };
}

/** The blocks of the jobs within a window, lane by lane and earliest first. Cancelled jobs hold no place and are left out. */
export function layOut(jobs: Iterable<Job>, window: Slot, msPerPixel: number): Block[] {
  const lanes = new Map<string, Span[]>();
  for (const job of jobs) {
    if (job.status === JobStatus.CANCELLED) continue;
    const extent = extentOf(job);
    if (extent.start > window.end || extent.end < window.start) continue;
    const lane = lanes.get(job.workerId);
    if (lane) lane.push({ ...extent, job });
    else lanes.set(job.workerId, [{ ...extent, job }]);
  }
  return [...lanes.values()].flatMap((spans) => layOutLane(spans, msPerPixel));
}

function layOutLane(spans: Span[], msPerPixel: number): Block[] {
  spans.sort((a, b) => a.start - b.start || (a.job.id < b.job.id ? -1 : 1));
  const drawn: (Span & { readonly count: number })[] = [];
  for (const span of spans) {
    const last = drawn.at(-1);
    if (last && joins(span, last, msPerPixel)) {
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
    joinsNext: alike(block, drawn[index + 1], msPerPixel),
    joinsLast: alike(drawn[index - 1], block, msPerPixel),
  }));
}

type Span = Slot & { readonly job: Job };

/** Whether a job is drawn as one with the block before it: both small, close together, and alike. */
function joins(span: Span, last: Span & { readonly count: number }, msPerPixel: number): boolean {
  const pixels = (from: number, to: number) => (to - from) / msPerPixel;
  return (
    pixels(span.start, span.end) < smallest &&
    (last.count > 1 || pixels(last.start, last.end) < smallest) &&
    pixels(last.end, span.start) < apart &&
    pixels(last.start, span.end) < widest &&
    holdsSlot(span.job) === holdsSlot(last.job)
  );
}

/** Whether two neighbours are drawn as parts of one series: close together, and neither of them over. */
function alike(left: Span | undefined, right: Span | undefined, msPerPixel: number): boolean {
  if (!left || !right || left.job.seriesId === "" || left.job.seriesId !== right.job.seriesId) return false;
  return holdsSlot(left.job) && holdsSlot(right.job) && (right.start - left.end) / msPerPixel < apart;
}

/** How far a running job has outlasted its slot, in milliseconds; 0 while it keeps to it. */
export function overrunOf(job: Job, now: number): number {
  return job.status === JobStatus.PROCESSING ? Math.max(0, now - slotOf(job).end) : 0;
}
