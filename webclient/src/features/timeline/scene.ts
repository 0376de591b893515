import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import {
  type Lane,
  type LanePlacement,
  lanesOf,
  nextFreeSlot,
  onWorker,
  type Place,
  placeOn,
  type SlotDurations,
} from "../../lib/lanes";
import { gridStep, msPerPixel, type View } from "./scale";

/** TimelineProps connect the timeline with the rest of the page. Moments are milliseconds since the Unix epoch. */
export interface TimelineProps {
  /** Length of the slot that a booking would get. */
  readonly durations: SlotDurations;
  /** Length of a booked job's slot on each worker that it may be moved to. */
  readonly durationsOf: (job: Job) => SlotDurations;
  readonly selectedId: string | undefined;
  /** Place of the slot that was chosen but not booked yet. */
  readonly pinned: Place | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onPin: (place: Place | undefined) => void;
  readonly onBook: (place: Place) => void;
  /** Moves an own job, to another worker where one is named; resolves to whether the move was accepted. */
  readonly onMove: (job: Job, start: number, workerId?: string) => Promise<boolean>;
  /** Shows how a worker is, and what can be done with it. */
  readonly onWorker: (workerId: string) => void;
}

/**
 * Scene is what pointer and keys act on. What is taken is read from it alone, so that both hear the same: the jobs in sight
 * reach beyond the live state.
 */
export interface Scene extends Omit<TimelineProps, "onWorker"> {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly workers: readonly Worker[];
  /** The lanes from above, when there are several. */
  readonly rows?: { readonly ids: readonly string[]; readonly height: number } | undefined;
}

type Ground = Pick<Scene, "durations" | "durationsOf" | "jobs" | "workers">;

/** A start must lie this far ahead, in milliseconds, so that it has not passed when the request arrives. */
const lead = 400;
/** The same for a start that nobody pointed at. */
const offerLead = 1_000;
/** Pixels within which an impossible slot leans against its neighbour. */
const magnet = 48;

/** Target is what looks for a place: a new booking or a job that is moved, on a worker of its choice or on any. */
export interface Target {
  readonly moved?: Job | undefined;
  readonly workerId?: string | undefined;
}

/** A moved job keeps its worker where no other is named. */
function lanesFor(ground: Ground, now: number, { moved, workerId }: Target): Lane[] {
  const durations = moved
    ? onWorker(ground.durationsOf(moved), workerId ?? moved.workerId)
    : onWorker(ground.durations, workerId);
  return lanesOf(durations, ground.workers, ground.jobs, now);
}

/**
 * Where a slot, or a job that is moved, lands at a pointed moment: rounded to what the view shows, and leaning against
 * neighbours. Undefined while nothing can be booked.
 */
export function near(
  ground: Ground,
  at: number,
  view: View,
  now: number,
  target: Target = {},
): LanePlacement | undefined {
  return placeOn(lanesFor(ground, now, target), at, {
    earliest: Math.ceil(now + lead),
    reach: magnet * msPerPixel(view),
    grid: gridStep(view),
    ...(target.moved && { except: target.moved.id }),
  });
}

/** A slot at exactly this place. */
export function exactly(ground: Ground, { start, workerId }: Place, now: number): LanePlacement | undefined {
  const earliest = Math.ceil(now + lead);
  return placeOn(lanesFor(ground, now, { workerId }), start, { earliest, reach: 0, grid: 1 });
}

/** The next free start; undefined while nothing can be booked. */
export function nextStart(ground: Ground, now: number): number | undefined {
  return nextFreeSlot(lanesFor(ground, now, {}), now + offerLead)?.start;
}

/** The first free start of a moved job on another worker, from its own start on; undefined where it cannot run. */
export function startOn(ground: Ground, moved: Job, from: number, workerId: string, now: number): number | undefined {
  const earliest = Math.max(from, Math.ceil(now + lead));
  return nextFreeSlot(lanesFor(ground, now, { moved, workerId }), earliest, moved.id)?.start;
}
