import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { type LanePlacement, shortestOf } from "../../lib/lanes";
import { slotOf } from "../../lib/slots";
import { jobIdOf } from "./blockItem";
import { extentOf } from "./blocks";
import { firstView, gridStep, middleOf, panned, type View, viewAt, zoomed } from "./scale";
import { exactly, near, nextStart, type Scene, startOn } from "./scene";
import type { TimelineEvents, TimelineHandle } from "./visTimeline";

/** TimelineState is what hand and keys have made of the timeline. It is never changed in place. */
export interface TimelineState {
  /** Absent until the timeline is mounted. */
  readonly handle?: TimelineHandle | undefined;
  readonly view?: View;
  /** What the pointer rests on. */
  readonly pointed?:
    | { readonly at: number; readonly item?: string; readonly workerId?: string | undefined }
    | undefined;
  /** An own job in the hand, and where it would land. */
  readonly drag?: { readonly id: string; readonly placement: LanePlacement } | undefined;
  /** A job that was let go somewhere else, as it was before. */
  readonly dropped?: { readonly job: Job; readonly start: number; readonly workerId: string } | undefined;
  /** Now is kept in sight. */
  readonly following: boolean;
}

/** TimelineController turns what a person does on the timeline into moves of the view and calls of the scene. */
export interface TimelineController {
  readonly get: () => TimelineState;
  readonly subscribe: (listener: () => void) => () => void;
  /** Acts on this scene from now on. A job that is newly selected there comes into sight, once. */
  readonly see: (scene: Scene) => void;
  readonly firstView: (width: number) => View;
  /** Drives the mounted timeline until the returned function is called. */
  readonly attach: (handle: TimelineHandle) => () => void;
  readonly events: TimelineEvents;
  /** A person takes the view into their own hand: now is followed no more. */
  readonly leave: () => void;
  readonly follow: () => void;
  /** Turns the view like a page when now has wandered too far. To be called now and then. */
  readonly turn: () => void;
  readonly pan: (share: number) => void;
  readonly zoom: (factor: number) => void;
  /** The pointer that moves is a finger, which rests on nothing. */
  readonly touch: (touching: boolean) => void;
  /** The pointer left the timeline. */
  readonly unpoint: () => void;
  /** Acts on a key such as "ArrowLeft" or "Shift+ArrowLeft"; tells whether it means anything here. */
  readonly press: (key: string) => boolean;
}

/** Now may wander this far into the view before it is turned back like a page: calmer than a picture that creeps. */
const turnAt = 0.5;
const closer = 1 / 1.7;

/** ControllerParts are what a controller hears from, and tells, the page. */
export interface ControllerParts {
  /** The server's clock. */
  readonly now: () => number;
  /** A job of the live state, in its latest version. */
  readonly jobOf: (id: string) => Job | undefined;
  /** A drag came to nothing, for this reason. */
  readonly onLost: (reason: string) => void;
}

export function createTimelineController(
  { now, jobOf: liveJob, onLost }: ControllerParts,
  first: Scene,
): TimelineController {
  let scene = first;
  // The jobs in sight reach beyond the live state.
  const jobOf = (id: string) => liveJob(id) ?? scene.jobs.get(id);
  let state: TimelineState = { following: true };
  let touching = false;
  let revealed: string | undefined;
  const listeners = new Set<() => void>();

  const change = (part: Partial<TimelineState>) => {
    const entries = Object.entries(part) as [keyof TimelineState, unknown][];
    if (entries.every(([name, value]) => state[name] === value)) return;
    state = { ...state, ...part };
    for (const listener of listeners) listener();
  };
  const show = (next: (view: View) => View) => {
    const { handle } = state;
    handle?.show(next(handle.view()), true);
  };
  const leave = () => change({ following: false });
  const follow = () => {
    change({ following: true });
    show((view) => viewAt(view, now()));
  };
  const pan = (share: number) => {
    leave();
    show((view) => panned(view, share));
  };
  const zoom = (factor: number) => show((view) => zoomed(view, factor, state.following ? now() : middleOf(view)));

  const inSight = ({ start, end }: { start: number; end: number }) => {
    const view = state.handle?.view();
    return view === undefined || (start <= view.end && end >= view.start);
  };
  const bring = (slot: { start: number; end: number }) => {
    if (inSight(slot)) return;
    leave();
    show((view) => viewAt(view, slot.start));
  };
  const revealSelected = () => {
    const { selectedId, jobs } = scene;
    const job = selectedId === undefined ? undefined : jobs.get(selectedId);
    if (!state.handle || revealed === selectedId || (selectedId !== undefined && !job)) return;
    revealed = selectedId;
    if (job) bring(extentOf(job));
  };

  /** The worker whose lane is at this height, in pixels below the axis; undefined where there is one lane alone. */
  const workerAt = (y: number | undefined) => {
    if (!scene.rows || y === undefined) return undefined;
    const { ids, height } = scene.rows;
    return ids[Math.max(0, Math.min(Math.floor(y / height), ids.length - 1))];
  };

  /** Where a slot would land at a moment; undefined while nothing can be booked. */
  const startAt = (at: number, workerId?: string) =>
    state.handle && near(scene, at, state.handle.view(), now(), { workerId })?.start;

  const step = (direction: 1 | -1) => {
    const { handle } = state;
    if (!handle) return;
    const { pinned } = scene;
    // About a dozen pixels at a time; the first press offers the next free slot.
    const stride = 2 * gridStep(handle.view());
    const wanted = pinned === undefined ? nextStart(scene, now()) : pinned.start + direction * stride;
    const start = wanted === undefined ? undefined : startAt(wanted, pinned?.workerId);
    if (start === undefined) return;
    scene.onSelect(undefined);
    scene.onPin({ ...pinned, start });
    bring({ start, end: start });
  };
  const walk = (direction: 1 | -1) => {
    const shown = [...scene.jobs.values()].filter((job) => job.status !== JobStatus.CANCELLED);
    shown.sort((a, b) => extentOf(a).start - extentOf(b).start);
    const at = shown.findIndex((job) => job.id === scene.selectedId);
    const next = at < 0 ? shown.find((job) => extentOf(job).end >= now()) : shown[at + direction];
    if (!next) return;
    scene.onSelect(next.id);
    const { start } = extentOf(next);
    bring({ start, end: start });
  };

  /** Takes the chosen slot, or the selected booking of one's own, to the next lane on which it can be. */
  const shift = (direction: 1 | -1) => {
    const ids = scene.rows?.ids ?? [];
    const { pinned, selectedId } = scene;
    const job = selectedId === undefined ? undefined : jobOf(selectedId);
    const from = job?.workerId ?? (pinned && (pinned.workerId ?? exactly(scene, pinned, now())?.workerId));
    if (from === undefined) return;
    const rest =
      direction > 0 ? ids.slice(ids.indexOf(from) + 1) : ids.slice(0, Math.max(0, ids.indexOf(from))).reverse();
    for (const workerId of rest) {
      if (job) {
        const start = startOn(scene, job, slotOf(job).start, workerId, now());
        if (start !== undefined) return void scene.onMove(job, start, workerId);
      } else if (pinned && exactly(scene, { ...pinned, workerId }, now()) !== undefined) {
        return scene.onPin({ ...pinned, workerId });
      }
    }
  };

  const keys: Record<string, () => void> = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    "Shift+ArrowLeft": () => pan(-0.5),
    "Shift+ArrowRight": () => pan(0.5),
    ArrowUp: () => walk(-1),
    ArrowDown: () => walk(1),
    "Shift+ArrowUp": () => shift(-1),
    "Shift+ArrowDown": () => shift(1),
    Enter: () => scene.pinned !== undefined && scene.onBook(scene.pinned),
    Escape: () => {
      scene.onPin(undefined);
      scene.onSelect(undefined);
    },
    "+": () => zoom(closer),
    "=": () => zoom(closer),
    "-": () => zoom(1 / closer),
    n: follow,
    Home: follow,
  };

  const events: TimelineEvents = {
    onView: (view, byUser) => {
      if (byUser) change({ following: false, pointed: undefined });
      const known = state.view;
      const same = known && known.start === view.start && known.end === view.end && known.width === view.width;
      if (!same) change({ view });
    },
    onPoint: (point) => {
      if (!point || touching) return change({ pointed: undefined });
      const { y, ...pointed } = point;
      const workerId = workerAt(y);
      change({ pointed: workerId === undefined ? pointed : { ...pointed, workerId } });
    },
    onPress: ({ at, item, y }) => {
      if (item === undefined) {
        scene.onSelect(undefined);
        // A new slot is placed with the pointer at its start.
        const workerId = workerAt(y);
        const start = startAt(at, workerId);
        if (start !== undefined) scene.onPin({ start, workerId });
        return;
      }
      const id = jobIdOf(item);
      if (id !== undefined) scene.onSelect(id);
      else show((view) => zoomed(view, 0.2, at));
    },
    onDoublePress: ({ at, item, y }) => {
      const workerId = workerAt(y);
      const start = item === undefined ? startAt(at, workerId) : undefined;
      if (start === undefined) return;
      change({ pointed: undefined });
      scene.onBook({ start, workerId });
    },
    onDrag: (id, start, view, y) => {
      const moved = jobOf(id);
      const workerId = workerAt(y) ?? moved?.workerId ?? "";
      // On a lane where it cannot run it stays impossible, whatever the moment.
      const placement = near(scene, start, view, now(), { moved, workerId }) ?? {
        start,
        end: start + Number(moved?.durationMs ?? 0n),
        workerId,
        unable: true,
      };
      change({ drag: { id, placement } });
      return { ...placement, row: Math.max(0, scene.rows?.ids.indexOf(placement.workerId) ?? 0) };
    },
    onDrop: (id, start) => {
      const workerId = state.drag?.id === id ? state.drag.placement.workerId : undefined;
      change({ drag: undefined });
      const job = jobOf(id);
      if (!job) return onLost("It is not booked any more.");
      if (slotOf(job).start === start && (workerId ?? job.workerId) === job.workerId) return;
      const other = workerId === job.workerId ? undefined : workerId;
      change({ dropped: { job, start, workerId: workerId ?? job.workerId } });
      const moving = other === undefined ? scene.onMove(job, start) : scene.onMove(job, start, other);
      void moving.then((accepted) => accepted || change({ dropped: undefined }));
    },
    onGiveUp: (interrupted) => {
      change({ drag: undefined });
      if (interrupted) onLost("The drag was interrupted. Drag the block once more.");
    },
  };

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    see: (next) => {
      scene = next;
      revealSelected();
    },
    firstView: (width) => firstView(now(), shortestOf(scene.durations), width),
    attach: (handle) => {
      change({ handle, view: handle.view() });
      revealSelected();
      return () => change({ handle: undefined });
    },
    events,
    leave: () => change({ following: false, pointed: undefined }),
    follow,
    turn: () => {
      const { handle, following, pointed, drag } = state;
      if (!handle || !following || pointed || drag) return;
      const view = handle.view();
      const place = (now() - view.start) / (view.end - view.start);
      if (place > turnAt || place < 0) handle.show(viewAt(view, now()), true);
    },
    pan,
    zoom,
    touch: (next) => {
      touching = next;
    },
    unpoint: () => change({ pointed: undefined }),
    press: (key) => {
      const act = keys[key] ?? keys[key.toLowerCase()];
      act?.();
      return act !== undefined;
    },
  };
}
