import { type KeyboardEvent, useEffect, useRef } from "react";
import { formatMoment } from "../../lib/format";
import { pauseOf } from "../../lib/slots";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { serverNow, useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";
import { jobIdOf } from "./blockItem";
import { Ghost, obstacle } from "./Ghost";
import { HoverCard } from "./HoverCard";
import { NowChip } from "./NowChip";
import { PauseStretch } from "./PauseStretch";
import { exactly, near, type Scene, type TimelineProps } from "./scene";
import { Toolbar } from "./Toolbar";
import { useController } from "./useController";
import { useItems } from "./useItems";
import { useJobsInView } from "./useJobsInView";
import { useProgressFill } from "./useProgressFill";
import "./timeline.css";

/** The timeline of booked slots: to look at, and to book and move on. */
export default function Timeline(props: TimelineProps) {
  const { durations, selectedId, pinned, onBook } = props;
  const { store } = useLiveContext();
  const frame = useRef<HTMLDivElement>(null);
  const now = useNow(500);
  const viewer = useViewer();
  const workers = useLive(selectWorkers);
  const offset = useLive(({ clock }) => clock?.offset ?? 0);
  const { controller, state } = useController(frame, props);
  const { handle, view, pointed, drag, following } = state;
  const jobs = useJobsInView(view);
  const scene: Scene = { ...props, jobs, workers };
  useEffect(() => controller.see(scene));
  const items = useItems(jobs, view, now, viewer, state.dropped);

  useEffect(() => {
    if (handle && !drag) handle.draw(items);
  }, [handle, items, drag]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an item drawn anew has lost its selection
  useEffect(() => handle?.select(selectedId), [handle, selectedId, items]);
  useEffect(() => handle?.setNow(Date.now() + offset), [handle, offset]);
  useProgressFill(frame, items);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    if (controller.press(key)) event.preventDefault();
  };

  const bookable = durations.size > 0;
  const pauses = workers.flatMap((worker) => pauseOf(worker, now) ?? []);
  const hovered = pointed?.item === undefined ? undefined : jobs.get(jobIdOf(pointed.item) ?? "");
  const moment = serverNow(store);
  const free = pointed && pointed.item === undefined && !drag;
  const ghost = free && view && near(scene, pointed.at, view, moment);
  const chosen = pinned !== undefined && !drag ? exactly(scene, pinned, moment) : undefined;

  return (
    <section aria-label="Timeline" className="card tl-card">
      <Toolbar following={following} onNow={controller.follow} onPan={controller.pan} onZoom={controller.zoom} />
      <div
        role="application"
        aria-label="Timeline of booked slots"
        aria-describedby="timeline-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application region takes the keyboard as a whole
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => controller.touch(event.pointerType === "touch")}
        onPointerLeave={controller.unpoint}
        className={`tl ${ghost && obstacle(ghost, viewer, now) ? "is-refusing" : ""}`}
      >
        <div className="tl-ground">
          {view &&
            pauses.map((pause, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a pause has no id, and a worker keeps its place
              <PauseStretch key={index} pause={pause} view={view} now={now} />
            ))}
        </div>
        <div ref={frame} className="tl-frame" />
        {view && (
          <div className="tl-overlay">
            {items.length === 0 && pauses.length === 0 && !ghost && !chosen && bookable && (
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
