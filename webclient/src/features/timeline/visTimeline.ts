import { DataSet } from "vis-data/esnext";
import { Timeline } from "vis-timeline/esnext";
import "vis-timeline/styles/vis-timeline-graph2d.min.css";
import type { Placement } from "../../lib/slots";
import { axisLabel, dayLabel } from "./axis";
import { type BlockItem, drawLabel, rowStyle, sameItem } from "./blockItem";
import { msPerPixel, type View, zoomRange } from "./scale";
import { isNarrow, type Tick, tickOf } from "./ticks";

/** TimelineEvents are what a person does to the timeline. Moments are milliseconds since the Unix epoch. */
export interface TimelineEvents {
  /** The view moved or grew, by a person's hand or otherwise. */
  readonly onView: (view: View, byUser: boolean) => void;
  /** The pointer rests on a moment, over a block or over free space; undefined when it has left. */
  readonly onPoint: (point: Press | undefined) => void;
  readonly onPress: (press: Press) => void;
  readonly onDoublePress: (press: Press) => void;
  /** A block is being dragged to a moment, at a height below the axis: says where it would land, and on which lane from above. */
  readonly onDrag: (id: string, start: number, view: View, y?: number) => Placement & { readonly row?: number };
  /** A block was dropped at the place the last onDrag named. */
  readonly onDrop: (id: string, start: number) => void;
  /** A block left the hand and is not dropped: by a person's will, or because the drag was interrupted. */
  readonly onGiveUp: (interrupted: boolean) => void;
}

/** Press is where the pointer is: over which moment, how many pixels below the axis, and over which block. */
export interface Press {
  readonly at: number;
  readonly y?: number;
  readonly item?: string;
}

/** TimelineHandle drives one mounted timeline. */
export interface TimelineHandle {
  readonly view: () => View;
  readonly show: (view: View, smooth?: boolean) => void;
  /** Draws these items and no others; a block in the hand stays as the hand has it. */
  readonly draw: (items: readonly BlockItem[]) => void;
  /** The moment of the view that is nearest to a point of the window, and how many pixels below the axis the point is. */
  readonly pointAt: (point: { readonly x: number; readonly y: number }) => { readonly at: number; readonly y: number };
  /** Takes the own block that is pressed into the hand; undefined where there is none. */
  readonly grab: (press: PointerEvent) => BlockItem | undefined;
  /** Draws the block in the hand where it would land. */
  readonly place: (placement: Placement & { readonly row?: number }) => void;
  /** Opens the hand: the block is drawn as every other. */
  readonly letGo: () => void;
  readonly select: (id: string | undefined) => void;
  readonly setNow: (now: number) => void;
  readonly destroy: () => void;
}

/** Mounts vis-timeline in an element and hides its shape from the rest of the page. */
export function mountTimeline(container: HTMLElement, first: View, events: TimelineEvents): TimelineHandle {
  const items = new DataSet<BlockItem>([]);
  const minorLabels = (stamp: Date, scale: string) =>
    axisLabel(stamp, scale, isNarrow({ width: container.clientWidth }));
  const timeline = new Timeline(container, items as never, {
    zoomMin: zoomRange.min,
    zoomMax: zoomRange.max,
    height: "100%",
    stack: false,
    showTooltips: false,
    orientation: { axis: "top", item: "top" },
    margin: { axis: 26, item: { horizontal: 0, vertical: 0 } },
    format: { minorLabels, majorLabels: dayLabel } as never,
    editable: false, // see drag.ts
    // The page's own wheel handling pans and zooms; a wheel over the timeline must not fight it.
    zoomKey: "metaKey",
    template: ((item: BlockItem) => drawLabel(item)) as never,
  });

  // Not as options: with those it stays invisible until its window has changed. Without them it fits its window to the
  // items of the first drawing, which is taken back.
  const begin = () => timeline.setWindow(first.start, first.end, { animation: false });
  const onDrawn = () => {
    timeline.off("changed", onDrawn);
    begin();
  };
  begin();
  timeline.on("changed", onDrawn);

  const view = (): View => {
    const { start, end } = timeline.getWindow();
    return { start: start.getTime(), end: end.getTime(), width: container.clientWidth };
  };
  const point = ({ time, item, y }: Pointed) => ({
    at: time.getTime(),
    y,
    ...(item != null && { item: String(item) }),
  });
  // Not by `what`, which is empty below the items.
  const inside = ({ event }: Pointed) => (event.target as Element).closest(".vis-panel.vis-center") !== null;

  // Left to itself it counts the padding of a label once for every character, and leaves a narrow axis bare.
  let tick: Tick | undefined;
  const onView = (byUser: boolean) => {
    const next = tickOf(view());
    if (next.scale !== tick?.scale || next.step !== tick.step) {
      tick = next;
      timeline.setOptions({ timeAxis: next });
    }
    events.onView(view(), byUser);
  };
  timeline.on("rangechange", ({ byUser }: { byUser: boolean }) => onView(byUser));
  timeline.on("changed", () => onView(false));
  timeline.on("mouseMove", (props: Pointed) => events.onPoint(inside(props) ? point(props) : undefined));
  // A browser also clicks at the end of a drag: only a press that stayed in place is one.
  let pressed = 0;
  const stayed = ({ event }: Pointed) => Math.abs(event.clientX - pressed) < 6;
  timeline.on("mouseDown", ({ event }: Pointed) => {
    pressed = event.clientX;
  });
  timeline.on("click", (props: Pointed) => inside(props) && stayed(props) && events.onPress(point(props)));
  timeline.on("doubleClick", (props: Pointed) => inside(props) && events.onDoublePress(point(props)));

  let wanted: readonly BlockItem[] = [];
  let held: BlockItem | undefined;
  const redraw = () => {
    const keep = new Set([held?.id, ...wanted.map(({ id }) => id)]);
    const gone = items.getIds().filter((id) => !keep.has(String(id)));
    const changed = wanted.filter((item) => {
      if (item.id === held?.id) return false;
      const known = items.get(item.id);
      return known === null || !sameItem(known as unknown as BlockItem, item);
    });
    if (gone.length > 0) items.remove(gone);
    if (changed.length > 0) items.update(changed as never);
  };

  return {
    view,
    show: ({ start, end }, smooth = false) =>
      timeline.setWindow(start, end, { animation: smooth ? { duration: 280, easingFunction: "easeOutCubic" } : false }),
    draw: (next) => {
      wanted = next;
      redraw();
    },
    pointAt: ({ x, y }) => {
      const { left = 0, top = 0 } = container.querySelector(".vis-panel.vis-center")?.getBoundingClientRect() ?? {};
      const { start, width } = view();
      return { at: start + Math.max(0, Math.min(x - left, width)) * msPerPixel(view()), y: y - top };
    },
    grab: (press) => {
      const { item } = timeline.getEventProperties(press) as unknown as Pointed;
      const pressed = item == null ? null : (items.get(item) as unknown as BlockItem | null);
      held = pressed?.movable ? pressed : undefined;
      return held;
    },
    place: ({ start, end, blocker, past, unable, row = 0 }) => {
      if (!held) return;
      const className = blocker || past || unable ? `${held.className} is-impossible` : held.className;
      items.update({ ...held, start, end, className, style: rowStyle(row) } as never);
    },
    letGo: () => {
      held = undefined;
      redraw();
    },
    select: (id) => timeline.setSelection(id !== undefined && items.get(id) ? [id] : []),
    setNow: (now) => timeline.setCurrentTime(now),
    destroy: () => timeline.destroy(),
  };
}

interface Pointed {
  readonly time: Date;
  readonly y: number;
  readonly item: string | number | null;
  readonly event: MouseEvent;
}
