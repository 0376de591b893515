import { msPerPixel, panned, type View, zoomed } from "./scale";
import type { TimelineHandle } from "./visTimeline";

/** Lets the wheel zoom about the pointer, and a sideways wheel (or Shift) pan. Returns what undoes it. */
export function attachWheel(element: HTMLElement, handle: TimelineHandle, onUse: () => void): () => void {
  // Lanes that do not fit are scrolled by the wheel, as everywhere; Ctrl, as a pinch on a touchpad says it, zooms then.
  const scrolls = (event: WheelEvent) => {
    const box = element.closest(".tl");
    const upright = !event.ctrlKey && !event.shiftKey && Math.abs(event.deltaY) >= Math.abs(event.deltaX);
    return upright && box !== null && box.scrollHeight > box.clientHeight + 4;
  };
  let next: View | undefined;
  let frame = 0;

  const flush = () => {
    frame = 0;
    if (next) handle.show(next);
    next = undefined;
  };
  const onWheel = (event: WheelEvent) => {
    event.stopPropagation();
    if (scrolls(event)) return;
    event.preventDefault();
    onUse();
    // Wheels tick faster than frames: what came in between adds up.
    const view = next ?? handle.view();
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
      next = panned(view, sideways / view.width);
    } else {
      const x = event.clientX - element.getBoundingClientRect().left;
      const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 24 : event.deltaY;
      next = zoomed(view, Math.exp(Math.max(-120, Math.min(120, delta)) / 320), view.start + x * msPerPixel(view));
    }
    frame ||= requestAnimationFrame(flush);
  };

  element.addEventListener("wheel", onWheel, { capture: true, passive: false });
  return () => {
    element.removeEventListener("wheel", onWheel, { capture: true });
    cancelAnimationFrame(frame);
  };
}
