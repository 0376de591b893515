import { pullAt, pullSince } from "./edges";
import { axisHeight } from "./rows";
import { panned } from "./scale";
import type { TimelineEvents, TimelineHandle } from "./visTimeline";

/** A hand that moves no further than this, in pixels, presses; one that moves further drags. */
const slack = 5;
/** What the edges do to the lanes in a second when they pull as hard as they can: in pixels, and in widths of the view. */
const fastest = { scroll: 900, pan: 0.5 };
/** A frame that comes late, in milliseconds, does not make up for the time. */
const longestFrame = 50;

/** Hold is a block in the hand, or under a pressed pointer. */
interface Hold {
  readonly id: string;
  readonly pointerId: number;
  /** Milliseconds from its start to where it was taken. */
  readonly grip: number;
  readonly pressed: Point;
  /** How the edges pulled where it was taken. */
  readonly first: Point;
  pointer: Point;
  dragging: boolean;
  /** Where it would land, and what that was reckoned from. */
  start: number;
  from: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Lets own blocks be dragged within the element. Not by vis-timeline, whose drag hangs on the pressed element staying on the page, does
 * not hear of a single move before the drop, and never ends when the browser takes the pointer away. Returns what undoes it.
 */
export function attachDrag(
  element: HTMLElement,
  handle: TimelineHandle,
  events: Pick<TimelineEvents, "onPress" | "onDrag" | "onDrop" | "onGiveUp">,
  onPan: () => void,
): () => void {
  const lanes = element.closest<HTMLElement>(".tl") ?? element;
  let hold: Hold | undefined;
  let frame = 0;
  let last = 0;

  const settle = (held: Hold) => {
    const view = handle.view();
    const { at, y } = handle.pointAt(held.pointer);
    const from = `${at} ${y} ${view.end - view.start}`;
    if (from === held.from) return;
    held.from = from;
    const placement = events.onDrag(held.id, at - held.grip, view, y);
    held.start = placement.start;
    handle.place(placement);
  };
  const pull = ({ pointer, first }: Hold, seconds: number) => {
    const { x, y } = edgesAt(pointer);
    const [across, down] = [pullSince(x, first.x), pullSince(y, first.y)];
    lanes.scrollTop += down * fastest.scroll * seconds;
    if (across === 0) return;
    onPan();
    handle.show(panned(handle.view(), across * fastest.pan * seconds));
  };
  const edgesAt = ({ x, y }: Point): Point => {
    const [across, down] = [element.getBoundingClientRect(), lanes.getBoundingClientRect()];
    const [top, bottom] = [Math.max(0, down.top + axisHeight), Math.min(innerHeight, down.bottom)];
    return { x: pullAt(x, across.left, across.right), y: pullAt(y, top, bottom) };
  };
  const tick = (time: number) => {
    if (!hold) return;
    pull(hold, Math.min(longestFrame, time - last) / 1_000);
    last = time;
    settle(hold); // the lanes or the view may have moved below a hand that rests
    frame = requestAnimationFrame(tick);
  };
  const letGo = () => {
    const held = hold;
    hold = undefined;
    cancelAnimationFrame(frame);
    element.classList.remove("is-dragging");
    if (held && element.hasPointerCapture(held.pointerId)) element.releasePointerCapture(held.pointerId);
    handle.letGo();
  };

  const onDown = (event: PointerEvent) => {
    // What is held is held by one pointer alone; vis-timeline would take a second finger for a zoom.
    if (hold) return event.stopPropagation();
    const item = event.button === 0 && event.isPrimary ? handle.grab(event) : undefined;
    if (!item) return;
    event.stopPropagation();
    const pointer = { x: event.clientX, y: event.clientY };
    hold = {
      id: item.id,
      pointerId: event.pointerId,
      grip: handle.pointAt(pointer).at - item.start,
      pressed: pointer,
      first: edgesAt(pointer),
      pointer,
      dragging: false,
      start: item.start,
      from: "",
    };
    // The pressed element may be drawn anew at any time; this one stays.
    element.setPointerCapture(event.pointerId);
  };
  const onMove = ({ pointerId, clientX, clientY }: PointerEvent) => {
    if (hold?.pointerId !== pointerId) return;
    hold.pointer = { x: clientX, y: clientY };
    const { x, y } = hold.pressed;
    if (!hold.dragging && Math.hypot(clientX - x, clientY - y) < slack) return;
    if (!hold.dragging) {
      hold.dragging = true;
      element.classList.add("is-dragging");
      last = performance.now();
      frame = requestAnimationFrame(tick);
    }
    settle(hold);
  };
  const onUp = (event: PointerEvent) => {
    onMove(event);
    if (hold?.pointerId !== event.pointerId) return;
    const { id, start, dragging, pointer } = hold;
    if (dragging) events.onDrop(id, start);
    else events.onPress({ ...handle.pointAt(pointer), item: id });
    letGo();
  };
  const giveUp = (interrupted: boolean) => {
    const dragging = hold?.dragging;
    letGo();
    if (dragging) events.onGiveUp(interrupted);
  };
  const onCancel = ({ pointerId }: PointerEvent) => {
    if (hold?.pointerId === pointerId) giveUp(true);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !hold?.dragging) return;
    event.stopPropagation();
    giveUp(false);
  };

  const detached = new AbortController();
  const { signal } = detached;
  element.addEventListener("pointerdown", onDown, { capture: true, signal });
  addEventListener("pointermove", onMove, { signal });
  addEventListener("pointerup", onUp, { signal });
  addEventListener("pointercancel", onCancel, { signal });
  addEventListener("lostpointercapture", onCancel, { signal });
  addEventListener("keydown", onKey, { capture: true, signal });
  return () => {
    if (hold) letGo();
    detached.abort();
  };
}
