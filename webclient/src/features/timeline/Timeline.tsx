import { useEffect, useRef } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../../lib/format";
import { pauseOf } from "../../lib/slots";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { serverNow, useNow } from "../../live/now";
import { selectWorker } from "../../live/selectors";
import { jobIdOf } from "./blockItem";
import { Ghost, obstacle } from "./Ghost";
import { HoverCard } from "./HoverCard";
import { useKeys } from "./keys";
import { NowChip } from "./NowChip";
import { PauseStretch } from "./PauseStretch";
import { middleOf, panned, type View, zoomed } from "./scale";
import { Toolbar } from "./Toolbar";
import { useGestures } from "./useGestures";
import { useItems } from "./useItems";
import { useJobsInView } from "./useJobsInView";
import { usePlacement } from "./usePlacement";
import { useProgressFill } from "./useProgressFill";
import { useReveal } from "./useReveal";
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
  /** Moves an own job; resolves to whether the move was accepted. */
  readonly onMove: (job: Job, start: number) => Promise<boolean>;
}

export default function Timeline(props: TimelineProps) {
  const { duration, selectedId, pinned, onBook } = props;
  const { store } = useLiveContext();
  const frame = useRef<HTMLDivElement>(null);
  const now = useNow(500);
  const viewer = useViewer();
  const paused = pauseOf(useLive(selectWorker), now);
  const offset = useLive(({ clock }) => clock?.offset ?? 0);
  const known = useRef<ReadonlyMap<string, Job>>(new Map());
  const placing = usePlacement(known);
  const hand = useGestures(frame, props, placing);
  const { handle, view, pointed, drag, following, follow, leave } = hand;
  const jobs = useJobsInView(view);
  useEffect(() => {
    known.current = jobs;
  }, [jobs]);
  const items = useItems(jobs, view, now, viewer, hand.dropped);

  useEffect(() => {
    if (handle && !drag) handle.draw(items);
  }, [handle, items, drag]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an item drawn anew has lost its selection
  useEffect(() => handle?.select(selectedId), [handle, selectedId, items]);
  useEffect(() => handle?.setNow(Date.now() + offset), [handle, offset]);
  useReveal(handle, jobs, selectedId, leave);
  useProgressFill(frame, items);

  const move = (next: (view: View) => View) => {
    leave();
    handle?.show(next(handle.view()), true);
  };
  const zoom = (factor: number) =>
    handle?.show(zoomed(handle.view(), factor, following ? serverNow(store) : middleOf(handle.view())), true);
  const onKeyDown = useKeys({ ...props, handle, jobs, placing, move, zoom, follow });

  const hovered = pointed?.item === undefined ? undefined : jobs.get(jobIdOf(pointed.item) ?? "");
  const ghost =
    pointed && pointed.item === undefined && !drag && view && duration > 0
      ? placing.near(pointed.at, view, duration)
      : undefined;
  const chosen = pinned !== undefined && !drag && duration > 0 ? placing.exactly(pinned, duration) : undefined;

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
        onPointerMove={hand.onPointerMove}
        onPointerLeave={hand.onPointerLeave}
        className={`tl ${ghost && obstacle(ghost, viewer, now) ? "is-refusing" : ""}`}
      >
        <div className="tl-ground">{view && paused && <PauseStretch pause={paused} view={view} now={now} />}</div>
        <div ref={frame} className="tl-frame" />
        {view && (
          <div className="tl-overlay">
            {items.length === 0 && !paused && !ghost && !chosen && duration > 0 && (
              <p className="tl-empty">Nothing is booked here. Take your slot.</p>
            )}
            <NowChip view={view} now={now} />
            {ghost && <Ghost placement={ghost} view={view} now={now} viewer={viewer} />}
            {drag && <Ghost placement={drag.placement} view={view} now={now} viewer={viewer} />}
            {chosen && (
              <Ghost
                placement={chosen}
                view={view}
                now={now}
                viewer={viewer}
                pinned
                onBook={() => onBook(chosen.start)}
              />
            )}
          </div>
        )}
        {view && hovered && !drag && <HoverCard job={hovered} view={view} now={now} />}
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
        {chosen && `Slot from ${formatMoment(chosen.start, now)}, ${obstacle(chosen, viewer, now) || "free"}`}
      </p>
    </section>
  );
}
