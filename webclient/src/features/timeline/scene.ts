import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { type Lane, type LanePlacement, lanesOf, nextFreeSlot, placeOn, type SlotDurations } from "../../lib/lanes";
import { gridStep, msPerPixel, type View } from "./scale";

/** TimelineProps connect the timeline with the rest of the page. Moments are milliseconds since the Unix epoch. */
export interface TimelineProps {
  /** Length of the slot that a booking would get. */
  readonly durations: SlotDurations;
  readonly selectedId: string | undefined;
  /** Start of the slot that was chosen but not booked yet. */
  readonly pinned: number | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onPin: (start: number | undefined) => void;
  readonly onBook: (start: number) => void;
  /** Moves an own job; resolves to whether the move was accepted. */
  readonly onMove: (job: Job, start: number) => Promise<boolean>;
}

/**
 * Scene is what pointer and keys act on. What is taken is read from it alone, so that both hear the same: the jobs in sight
 * reach beyond the live state.
 */
export interface Scene extends TimelineProps {
  readonly jobs: ReadonlyMap<string, Job>;
  readonly workers: readonly Worker[];
}

type Ground = Pick<Scene, "durations" | "jobs" | "workers">;

/** A start must lie this far ahead, in milliseconds, so that it has not passed when the request arrives. */
const lead = 400;
/** The same for a start that nobody pointed at. */
const offerLead = 1_000;
/** Pixels within which an impossible slot leans against its neighbour. */
const magnet = 48;

/** A moved job keeps its lane and its length. */
function lanesFor({ durations, jobs, workers }: Ground, now: number, moved?: Job): Lane[] {
  const own = moved && new Map([[moved.workerId, Number(moved.durationMs)]]);
  return lanesOf(own ?? durations, workers, jobs, now);
}

/**
 * Where a slot, or a job that is moved, lands at a pointed moment: rounded to what the view shows, and leaning against
 * neighbours. Undefined while nothing can be booked.
 */
export function near(ground: Ground, at: number, view: View, now: number, moved?: Job): LanePlacement | undefined {
  return placeOn(lanesFor(ground, now, moved), at, {
    earliest: Math.ceil(now + lead),
    reach: magnet * msPerPixel(view),
    grid: gridStep(view),
    ...(moved && { except: moved.id }),
  });
}

/** A slot with exactly this start. */
export function exactly(ground: Ground, start: number, now: number): LanePlacement | undefined {
  return placeOn(lanesFor(ground, now), start, { earliest: Math.ceil(now + lead), reach: 0, grid: 1 });
}

/** The next free start; undefined while nothing can be booked. */
export function nextStart(ground: Ground, now: number): number | undefined {
  return nextFreeSlot(lanesFor(ground, now), now + offerLead)?.start;
}
