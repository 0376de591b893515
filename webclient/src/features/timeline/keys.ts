import type { KeyboardEvent } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { nextFreeStart, takenSlots } from "../../lib/slots";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { selectWorker } from "../../live/selectors";
import { extentOf } from "./blocks";
import { gridStep, panned, type View, viewAt } from "./scale";
import type { Placing } from "./usePlacement";
import type { TimelineHandle } from "./visTimeline";

/** KeyTargets is what the keys act on. */
export interface KeyTargets {
  readonly handle: TimelineHandle | undefined;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly selectedId: string | undefined;
  readonly pinned: number | undefined;
  readonly duration: number;
  readonly placing: Placing;
  readonly move: (next: (view: View) => View) => void;
  readonly zoom: (factor: number) => void;
  readonly follow: () => void;
  readonly onPin: (start: number | undefined) => void;
  readonly onSelect: (id: string | undefined) => void;
  readonly onBook: (start: number) => void;
}

/** The timeline by keyboard: arrows choose a slot, Enter books it, up and down walk through the jobs. */
export function useKeys(targets: KeyTargets): (event: KeyboardEvent) => void {
  const { store } = useLiveContext();
  const { handle, pinned, duration } = targets;

  const reveal = (moment: number) => {
    const view = handle?.view();
    if (view && (moment < view.start || moment > view.end)) targets.move((at) => viewAt(at, moment));
  };
  const step = (direction: 1 | -1) => {
    if (!handle || duration <= 0) return;
    const now = serverNow(store);
    const taken = takenSlots(store.get().jobs.values(), selectWorker(store.get()), now);
    // About a dozen pixels at a time; the first press offers the next free slot.
    const stride = 2 * gridStep(handle.view());
    const wanted = pinned === undefined ? nextFreeStart(now + 1_000, duration, taken) : pinned + direction * stride;
    const { start } = targets.placing.near(wanted, handle.view(), duration);
    targets.onSelect(undefined);
    targets.onPin(start);
    reveal(start);
  };
  const walk = (direction: 1 | -1) => {
    const shown = [...targets.jobs.values()].filter((job) => job.status !== JobStatus.CANCELLED);
    shown.sort((a, b) => extentOf(a).start - extentOf(b).start);
    const at = shown.findIndex((job) => job.id === targets.selectedId);
    const next = at < 0 ? shown.find((job) => extentOf(job).end >= serverNow(store)) : shown[at + direction];
    if (!next) return;
    targets.onSelect(next.id);
    reveal(extentOf(next).start);
  };

  const actions: Record<string, () => void> = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    "Shift+ArrowLeft": () => targets.move((view) => panned(view, -0.5)),
    "Shift+ArrowRight": () => targets.move((view) => panned(view, 0.5)),
    ArrowUp: () => walk(-1),
    ArrowDown: () => walk(1),
    Enter: () => pinned !== undefined && targets.onBook(pinned),
    Escape: () => {
      targets.onPin(undefined);
      targets.onSelect(undefined);
    },
    "+": () => targets.zoom(1 / 1.7),
    "=": () => targets.zoom(1 / 1.7),
    "-": () => targets.zoom(1.7),
    n: targets.follow,
    Home: targets.follow,
  };

  return (event) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    const action = actions[key] ?? actions[key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  };
}
