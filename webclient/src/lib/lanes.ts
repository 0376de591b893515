import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../gen/comfyscheduler/v1/worker_pb";
import {
  nextFreeStart,
  type Placement,
  type PlaceOptions,
  place,
  type Slot,
  type TakenSlot,
  takenSlots,
} from "./slots";

/** How long a slot is on each worker that can be booked for it, in milliseconds by the worker's id, in the order of the workers. */
export type SlotDurations = ReadonlyMap<string, number>;

/** Place is a start that somebody chose, and the worker when they chose that as well. */
export interface Place {
  readonly start: number;
  readonly workerId?: string | undefined;
}

/** The lengths on one worker alone where one is named. */
export function onWorker(durations: SlotDurations, workerId: string | undefined): SlotDurations {
  if (workerId === undefined) return durations;
  const duration = durations.get(workerId);
  return duration === undefined ? new Map() : new Map([[workerId, duration]]);
}

/** Lane is one worker's timeline for a slot that looks for its place. */
export interface Lane {
  readonly workerId: string;
  /** Length of the slot on this worker, in milliseconds. */
  readonly duration: number;
  /** Earliest first. */
  readonly taken: readonly TakenSlot[];
}

/** LanePlacement is where a slot would land, and on which worker. */
export interface LanePlacement extends Placement {
  readonly workerId: string;
}

/** The lanes of all workers for which a length is known. */
export function lanesOf(
  durations: SlotDurations,
  workers: readonly Pick<Worker, "id" | "pause">[],
  jobs: ReadonlyMap<string, Job>,
  now: number,
): Lane[] {
  return [...durations].map(([workerId, duration]) => {
    const worker = workers.find(({ id }) => id === workerId) ?? { id: workerId };
    return { workerId, duration, taken: takenSlots(jobs.values(), worker, now) };
  });
}

/** The shortest of the lengths, for what must do before a lane is chosen; 0 when none is known. */
export function shortestOf(durations: SlotDurations): number {
  return durations.size === 0 ? 0 : Math.min(...durations.values());
}

/** The free slot from a moment on that ends earliest; undefined without lanes. Of equal ones the first lane's counts. */
export function nextFreeSlot(
  lanes: readonly Lane[],
  from: number,
  except?: string,
): (Slot & { workerId: string }) | undefined {
  const slots = lanes.map(({ workerId, duration, taken }) => {
    const start = nextFreeStart(from, duration, taken, except);
    return { workerId, start, end: start + duration };
  });
  return best(slots, (a, b) => a.end - b.end);
}

/**
 * Places a slot at the pointed moment on the lane where it comes nearest, and of those where it ends earliest. Where no lane
 * is free it is impossible, and names what is over first. Undefined without lanes.
 */
export function placeOn(
  lanes: readonly Lane[],
  pointed: number,
  options: Omit<PlaceOptions, "duration" | "taken">,
): LanePlacement | undefined {
  const placements = lanes.map(({ workerId, duration, taken }) => ({
    workerId,
    ...place(pointed, { ...options, duration, taken }),
  }));
  const impossible = ({ blocker, past }: Placement) => Number(past === true || blocker !== undefined);
  const over = ({ blocker, end }: Placement) => blocker?.end ?? end;
  return best(
    placements,
    (a, b) =>
      impossible(a) - impossible(b) ||
      (impossible(a) ? over(a) - over(b) : Math.abs(a.start - pointed) - Math.abs(b.start - pointed) || a.end - b.end),
  );
}

/** A slot with exactly this start, wherever it is free. It is never in the past: whether it has passed is another question. */
export function exactlyOn(lanes: readonly Lane[], start: number, except?: string): LanePlacement | undefined {
  return placeOn(lanes, start, {
    earliest: Number.NEGATIVE_INFINITY,
    reach: 0,
    grid: 1,
    ...(except !== undefined && { except }),
  });
}

function best<T>(of: readonly T[], compare: (a: T, b: T) => number): T | undefined {
  return of.reduce<T | undefined>(
    (found, next) => (found === undefined || compare(next, found) < 0 ? next : found),
    undefined,
  );
}
