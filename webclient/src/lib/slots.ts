import { create } from "@bufbuild/protobuf";
import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { type TimeSlot, TimeSlotSchema } from "../gen/comfyscheduler/v1/slot_pb";
import type { Pause, Worker } from "../gen/comfyscheduler/v1/worker_pb";
import { formatMoment } from "./format";
import { ownerWords, type Viewer } from "./words/words";

/** Slot is a closed interval in milliseconds since the Unix epoch: slots that touch collide. */
export interface Slot {
  readonly start: number;
  readonly end: number;
}

/** TakenSlot is a slot that a job holds, or a stretch in which the worker is paused. */
export type TakenSlot = Slot &
  ({ readonly job: Job; readonly pause?: never } | { readonly pause: Pause; readonly job?: never });

/** The moments of a message's slot. */
export function momentsOf(slot: TimeSlot | undefined): Slot {
  return { start: Number(slot?.startMs ?? 0n), end: Number(slot?.endMs ?? 0n) };
}

/** The booked slot of a job. */
export function slotOf({ timeSlot }: Pick<Job, "timeSlot">): Slot {
  return momentsOf(timeSlot);
}

/** Where a job's slot starts. */
export function startOf({ timeSlot }: Pick<Job, "timeSlot">): number {
  return Number(timeSlot?.startMs ?? 0n);
}

/** The job as it would be in a slot of the same length from this start on, on another worker where one is named. */
export function movedTo(job: Job, start: number, workerId = job.workerId): Job {
  const [startMs, endMs] = [BigInt(start), BigInt(start) + job.durationMs];
  return { ...job, workerId, timeSlot: create(TimeSlotSchema, { startMs, endMs }) };
}

/** Orders jobs by their slots, the earliest first. */
export function bySlot(a: Job, b: Job): number {
  return startOf(a) - startOf(b);
}

/** Whether two closed intervals have a moment in common. */
export function collides(a: Slot, b: Slot): boolean {
  return a.start <= b.end && a.end >= b.start;
}

/** Whether the job still holds its slot against others. */
export function holdsSlot(job: Job): boolean {
  return job.status === JobStatus.SCHEDULED || job.status === JobStatus.PROCESSING;
}

/** The stretch in which the worker is paused; undefined when there is none to come. */
export function pauseOf(worker: Pick<Worker, "pause"> | undefined, now: number): (Slot & { pause: Pause }) | undefined {
  const pause = worker?.pause;
  if (!pause) return undefined;
  const slot = momentsOf(pause.timeSlot);
  return slot.end < now ? undefined : { ...slot, pause };
}

/**
 * What of one worker's timeline is taken, earliest first: the held slots and a pause. A running job holds the worker at
 * least until now.
 */
export function takenSlots(
  jobs: Iterable<Job>,
  worker: Pick<Worker, "id" | "pause"> | undefined,
  now: number,
): TakenSlot[] {
  const paused = pauseOf(worker, now);
  const taken: TakenSlot[] = paused ? [paused] : [];
  for (const job of jobs) {
    if (job.workerId !== worker?.id || !holdsSlot(job)) continue;
    const { start, end } = slotOf(job);
    taken.push({ start, end: job.status === JobStatus.PROCESSING ? Math.max(end, now) : end, job });
  }
  return taken.sort((a, b) => a.start - b.start);
}

/** The first taken slot that collides with the one given, the job `except` left out. */
export function blockerOf(slot: Slot, taken: readonly TakenSlot[], except?: string): TakenSlot | undefined {
  return taken.find((other) => !isJob(other, except) && collides(slot, other));
}

function isJob({ job }: TakenSlot, id: string | undefined): boolean {
  return id !== undefined && job?.id === id;
}

/** What is in the way, in a few words such as "taken by Ada until 14:03:20". */
export function blockerWords({ job, end }: TakenSlot, viewer: Viewer, now: number): string {
  const until = `until ${formatMoment(end, now)}`;
  if (!job) return `paused ${until}`;
  return `taken by ${job.userId === viewer.id ? "you" : ownerWords(job, viewer)} ${until}`;
}

/** The first start at or after `from` at which a slot of this duration is free. `taken` is sorted by start. */
export function nextFreeStart(from: number, duration: number, taken: readonly TakenSlot[], except?: string): number {
  let start = from;
  for (const other of taken) {
    if (isJob(other, except)) continue;
    if (collides({ start, end: start + duration }, other)) start = other.end + 1;
  }
  return start;
}

/** Where a slot would land: its start, and what is in the way when it is impossible. */
export interface Placement extends Slot {
  readonly blocker?: TakenSlot;
  readonly past?: boolean;
  /** The worker cannot run it. */
  readonly unable?: boolean;
}

/** PlaceOptions says how a pointer's moment becomes a slot. Times in milliseconds. */
export interface PlaceOptions {
  readonly duration: number;
  readonly taken: readonly TakenSlot[];
  /** Earliest start that can still be booked. */
  readonly earliest: number;
  /** Starts this near to the pointer are taken when the pointed one is impossible. */
  readonly reach: number;
  /** Starts are rounded to multiples of this. */
  readonly grid: number;
  /** Job that is being moved: its own slot does not count. */
  readonly except?: string;
}

/** Places a slot at the pointed moment, leaning it against a neighbour or against now when that is within reach. */
export function place(pointed: number, options: PlaceOptions): Placement {
  const { duration, taken, earliest, reach, grid, except } = options;
  const rounded = Math.round(pointed / grid) * grid;
  const at = (start: number): Slot => ({ start, end: start + duration });
  if (rounded < earliest - reach) return { ...at(rounded), past: true };

  const wanted = at(Math.max(rounded, earliest));
  const blocker = blockerOf(wanted, taken, except);
  if (blocker === undefined) return wanted;

  const candidates = [blocker.end + 1, blocker.start - 1 - duration]
    .filter((start) => start >= earliest && Math.abs(start - pointed) <= reach)
    .sort((a, b) => Math.abs(a - pointed) - Math.abs(b - pointed));
  const free = candidates.find((start) => blockerOf(at(start), taken, except) === undefined);
  return free === undefined ? { ...wanted, blocker } : at(free);
}
