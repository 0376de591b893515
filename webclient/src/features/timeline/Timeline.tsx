import { type KeyboardEvent, type RefObject, useEffect, useRef } from "react";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { serverNow, useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";
import { jobIdOf } from "./blockItem";
import { obstacle } from "./Ghost";
import { Ground } from "./Ground";
import { HoverCard } from "./HoverCard";
import { LaneHeads } from "./LaneHeads";
import { Overlay } from "./Overlay";
import { exactly, near, type Scene, type TimelineProps } from "./scene";
import { SpokenPlace, TimelineHints } from "./TimelineHints";
import { Toolbar } from "./Toolbar";
import { useController } from "./useController";
import { useItems } from "./useItems";
import { useJobsInView } from "./useJobsInView";
import { useProgressFill } from "./useProgressFill";
import { useRows } from "./useRows";
import "./timeline.css";
import "./lanes.css";

/** The timeline of booked slots: to look at, and to book and move on. Every worker has a lane of its own on it. */
export default function Timeline(props: TimelineProps) {
  const { durations, selectedId, pinned, onBook, onWorker } = props;
  const { store } = useLiveContext();
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const now = useNow(500);
  const viewer = useViewer();
  const workers = useLive(selectWorkers);
  const offset = useLive(({ clock }) => clock?.offset ?? 0);
  const { controller, state } = useController(frame, props);
  const { handle, view, pointed, drag, following } = state;
  const jobs = useJobsInView(view);
  const { rows, sizes, loads, places } = useRows(box, workers, jobs, view);
  const many = rows.length > 0;
  const scene: Scene = {
    ...props,
    jobs,
    workers,
    rows: many ? { ids: rows.map(({ id }) => id), height: sizes.height } : undefined,
  };
  useEffect(() => controller.see(scene));
  const items = useItems(jobs, view, now, viewer, state.dropped, places);

  useEffect(() => handle?.draw(items), [handle, items]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an item drawn anew has lost its selection
  useEffect(() => handle?.select(selectedId), [handle, selectedId, items]);
  useEffect(() => handle?.setNow(Date.now() + offset), [handle, offset]);
  useProgressFill(frame, items);
  const rowOf = (workerId: string | undefined) =>
    Math.max(
      0,
      rows.findIndex(({ id }) => id === workerId),
    );
  useLaneInSight(box, many ? rowOf(jobs.get(selectedId ?? "")?.workerId) : 0, selectedId, sizes);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    if (controller.press(key)) event.preventDefault();
  };

  const hovered = pointed?.item === undefined ? undefined : jobs.get(jobIdOf(pointed.item) ?? "");
  const moment = serverNow(store);
  const free = pointed && pointed.item === undefined && !drag;
  const ghost = free && view ? near(scene, pointed.at, view, moment, { workerId: pointed.workerId }) : undefined;
  const chosen = pinned !== undefined && !drag ? exactly(scene, pinned, moment) : undefined;
  const below = sizes.axis + (rowOf(hovered?.workerId) + 1) * sizes.height - (box.current?.scrollTop ?? 0);

  return (
    <section aria-label="Timeline" className="card tl-card">
      <Toolbar following={following} onNow={controller.follow} onPan={controller.pan} onZoom={controller.zoom} />
      <div className="tl-box">
        <div
          ref={box}
          role="application"
          aria-label="Timeline of booked slots"
          aria-describedby="timeline-keys"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: an application region takes the keyboard as a whole
          tabIndex={0}
          onKeyDown={onKeyDown}
          onPointerMove={(event) => controller.touch(event.pointerType === "touch")}
          onPointerLeave={controller.unpoint}
          style={{ "--rows": rows.length } as object}
          className={`tl ${many ? "is-many" : ""} ${ghost && obstacle(ghost, viewer, now) ? "is-refusing" : ""}`}
        >
          <div className="tl-canvas">
            {many && <p className="tl-corner">{rows.length} lanes</p>}
            <Ground view={view} now={now} workers={workers} places={places} pointed={pointed?.workerId} />
            <div ref={frame} className="tl-frame" />
            {view && (
              <Overlay
                {...{ view, now, viewer, rowOf, ghost, chosen }}
                onBook={() => pinned && onBook(pinned)}
                drag={drag?.placement}
                rows={rows.length}
                empty={items.length === 0 && durations.size > 0 && !many}
              />
            )}
            {places && <LaneHeads {...{ rows, places, loads, now, onWorker }} />}
          </div>
        </div>
        {view && hovered && !drag && (
          <HoverCard job={hovered} view={view} now={now} {...(many && { look: { top: below, marginTop: 2 } })} />
        )}
      </div>
      <TimelineHints many={many} />
      <SpokenPlace placement={chosen} now={now} viewer={viewer} />
    </section>
  );
}

/** Scrolls to the lane of what is newly selected. */
function useLaneInSight(
  box: RefObject<HTMLElement | null>,
  row: number,
  selectedId: string | undefined,
  { height, axis }: { height: number; axis: number },
): void {
  useEffect(() => {
    const element = box.current;
    if (!element || selectedId === undefined) return;
    const [top, bottom] = [row * height, (row + 1) * height + axis];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  }, [box, row, selectedId, height, axis]);
}
