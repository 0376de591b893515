import { useCallback, useEffect, useRef, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatTime } from "../../lib/format";
import { type Placement, place, slotOf, takenSlots } from "../../lib/slots";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { serverNow, useNow } from "../../live/now";
import { selectWorker } from "../../live/selectors";
import { jobIdOf } from "./blockItem";
import { Ghost, obstacle } from "./Ghost";
import { HoverCard } from "./HoverCard";
import { useKeys } from "./keys";
import { NowChip } from "./NowChip";
import { firstView, gridStep, msPerPixel, panned, type View, zoomed } from "./scale";
import { Toolbar } from "./Toolbar";
import { useFollow } from "./useFollow";
import { useItems } from "./useItems";
import { useJobsInView } from "./useJobsInView";
import { useProgressFill } from "./useProgressFill";
import { useReveal } from "./useReveal";
import { useTimeline } from "./useTimeline";
import "./timeline.css";

/** TimelineProps connect the timeline with the rest of the page. Moments are milliseconds since the Unix epoch. */
export interface TimelineProps {
  /** Length of the slot that a booking would get. */
  readonly duration: number;
  readonly selectedId: string | undefined;
  /** Start of the slot that was chosen but not booked yet. */
  readonly pinned: number | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly onPin: (start: number | undefined) => void;
  readonly onBook: (start: number) => void;
  /** Moves an own job; resolves when the move was accepted or refused. */
  readonly onMove: (job: Job, start: number) => Promise<void>;
}

/** A start must lie this far ahead, so that it has not passed when the request arrives. */
const lead = 400;
/** Pixels within which an impossible slot leans against its neighbour. */
const magnet = 48;

export default function Timeline(props: TimelineProps) {
  const { duration, selectedId, pinned, onSelect, onPin, onBook, onMove } = props;
  const { store } = useLiveContext();
  const frame = useRef<HTMLDivElement>(null);
  const now = useNow(500);
  const myId = useLive(({ me }) => me?.id);
  const workerId = useLive((state) => selectWorker(state)?.id ?? "");
  const offset = useLive(({ clock }) => clock?.offset ?? 0);

  const [pointed, setPointed] = useState<{ at: number; item?: string }>();
  const [touching, setTouching] = useState(false);
  const [drag, setDrag] = useState<{ id: string; placement: Placement }>();
  const [dropped, setDropped] = useState<{ job: Job; start: number }>();

  const placeAt = useCallback(
    (at: number, view: View, length: number, except?: string): Placement => {
      const moment = serverNow(store);
      return place(at, {
        duration: length,
        taken: takenSlots(store.get().jobs.values(), workerId, moment),
        earliest: Math.ceil(moment + lead),
        reach: magnet * msPerPixel(view),
        grid: gridStep(view),
        ...(except !== undefined && { except }),
      });
    },
    [store, workerId],
  );
  /** A new slot is placed with the pointer at its start. */
  const slotAt = (at: number, view: View) => placeAt(at, view, duration);

  const { handle, view } = useTimeline(frame, (width) => firstView(serverNow(store), duration, width), {
    onUserView: () => {
      leave();
      setPointed(undefined);
    },
    onPoint: (point) => setPointed(touching ? undefined : point),
    onPress: ({ at, item }) => {
      if (item === undefined) {
        onSelect(undefined);
        if (handle && duration > 0) onPin(slotAt(at, handle.view()).start);
        return;
      }
      const id = jobIdOf(item);
      if (id !== undefined) onSelect(id);
      else handle?.show(zoomed(handle.view(), 0.2, at), true);
    },
    onDoublePress: ({ at, item }) => {
      if (item !== undefined || !handle || duration === 0) return;
      setPointed(undefined);
      onBook(slotAt(at, handle.view()).start);
    },
    onDrag: (id, start) => {
      const job = store.get().jobs.get(id);
      const placement = placeAt(
        start,
        handle?.view() ?? firstView(now, duration, 1),
        Number(job?.durationMs ?? 0n),
        id,
      );
      setDrag({ id, placement });
      return placement;
    },
    onDrop: (id, start) => {
      setDrag(undefined);
      const job = store.get().jobs.get(id);
      if (!job || slotOf(job).start === start) return;
      setDropped({ job, start });
      void onMove(job, start).finally(() => setDropped(undefined));
    },
  });

  const { following, follow, leave } = useFollow(handle, pointed !== undefined || drag !== undefined);
  const jobs = useJobsInView(view);
  const items = useItems(jobs, view, now, myId, dropped);

  useEffect(() => {
    if (handle && !drag) handle.draw(items);
  }, [handle, items, drag]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an item drawn anew has lost its selection
  useEffect(() => handle?.select(selectedId), [handle, selectedId, items]);
  useReveal(handle, jobs, selectedId, leave);
  useEffect(() => handle?.setNow(Date.now() + offset), [handle, offset]);
  useProgressFill(frame, items);

  useEffect(() => {
    // A drag that ends where it began is not reported as a drop.
    const over = () => setDrag(undefined);
    addEventListener("pointerup", over);
    addEventListener("pointercancel", over);
    return () => {
      removeEventListener("pointerup", over);
      removeEventListener("pointercancel", over);
    };
  }, []);

  const move = (next: (view: View) => View) => {
    leave();
    if (handle) handle.show(next(handle.view()), true);
  };
  const zoom = (factor: number) =>
    handle?.show(zoomed(handle.view(), factor, following ? serverNow(store) : middleOf(handle.view())), true);
  const pinnedSlot =
    pinned !== undefined && view && duration > 0 ? exactly(placeAt, pinned, view, duration) : undefined;
  const onKeyDown = useKeys({ ...props, handle, jobs, placeAt, move, zoom, follow });

  const hovered = pointed?.item === undefined ? undefined : jobs.get(jobIdOf(pointed.item) ?? "");
  const ghost =
    pointed && !drag && pointed.item === undefined && view && duration > 0 ? slotAt(pointed.at, view) : undefined;

  return (
    <section aria-label="Timeline" className="card tl-card">
      <Toolbar following={following} onNow={follow} onPan={(share) => move((at) => panned(at, share))} onZoom={zoom} />
      <div
        role="application"
        aria-label="Timeline of booked slots"
        aria-describedby="timeline-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application region takes the keyboard as a whole
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setTouching(event.pointerType === "touch")}
        onPointerLeave={() => setPointed(undefined)}
        className={`tl ${ghost && obstacle(ghost, myId) ? "is-refusing" : ""}`}
      >
        <div ref={frame} className="tl-frame" />
        {view && (
          <div className="tl-overlay">
            {items.length === 0 && !ghost && !pinnedSlot && duration > 0 && (
              <p className="tl-empty">Free. Double-click or tap to take your slot.</p>
            )}
            <NowChip view={view} now={now} />
            {ghost && <Ghost placement={ghost} view={view} myId={myId} />}
            {drag && <Ghost placement={drag.placement} view={view} myId={myId} />}
            {pinnedSlot && !drag && (
              <Ghost placement={pinnedSlot} view={view} myId={myId} pinned onBook={() => onBook(pinnedSlot.start)} />
            )}
          </div>
        )}
        {view && hovered && !drag && <HoverCard job={hovered} view={view} now={now} myId={myId} />}
      </div>
      <p id="timeline-keys" className="px-3 pb-2 text-ink-faint text-xs sm:px-4">
        <span className="pointer-coarse:hidden">
          Double-click a free place to book it. Drag your own blocks to move them. Scroll to zoom.
        </span>
        <span className="hidden pointer-coarse:inline">Tap a free place to choose it. Pinch to zoom.</span>
        <span className="sr-only">
          Arrow keys choose a slot and Enter books it. Up and down go from job to job. Plus and minus zoom, N jumps to
          now.
        </span>
      </p>
      <p aria-live="polite" className="sr-only">
        {pinnedSlot && `Slot from ${formatTime(pinnedSlot.start)}, ${obstacle(pinnedSlot, myId) || "free"}`}
      </p>
    </section>
  );
}

/** A chosen slot stays where it is: it does not lean against neighbours that came later. */
function exactly(
  placeAt: (at: number, view: View, length: number) => Placement,
  start: number,
  view: View,
  duration: number,
): Placement {
  const nearest = placeAt(start, { ...view, end: view.start }, duration);
  return { ...nearest, start, end: start + duration };
}

function middleOf({ start, end }: View): number {
  return (start + end) / 2;
}
