import { type RefObject, useEffect, useState, useSyncExternalStore } from "react";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { createTimelineController, type TimelineController, type TimelineState } from "./controller";
import type { TimelineProps } from "./scene";
import { mountTimeline } from "./visTimeline";
import { attachWheel } from "./wheel";

/** Now is looked for in the view this often, in milliseconds. */
const turnEvery = 1_000;

/** Mounts the timeline in the element, and ties a controller to it and to the page's pointer. */
export function useController(
  element: RefObject<HTMLElement | null>,
  props: TimelineProps,
): { controller: TimelineController; state: TimelineState } {
  const { store } = useLiveContext();
  const [controller] = useState(() =>
    createTimelineController(
      { now: () => serverNow(store), jobOf: (id) => store.get().jobs.get(id) },
      { ...props, jobs: new Map(), workers: [] },
    ),
  );
  const state = useSyncExternalStore(controller.subscribe, controller.get);

  useEffect(() => {
    const container = element.current;
    if (!container) return;
    const handle = mountTimeline(container, controller.firstView(container.clientWidth), controller.events);
    const detachWheel = attachWheel(container, handle, controller.leave);
    const detach = controller.attach(handle);
    const timer = setInterval(controller.turn, turnEvery);
    return () => {
      clearInterval(timer);
      detach();
      detachWheel();
      handle.destroy();
    };
  }, [element, controller]);

  useEffect(() => {
    // A drag that ends where it began is not reported as a drop.
    addEventListener("pointerup", controller.release);
    addEventListener("pointercancel", controller.release);
    return () => {
      removeEventListener("pointerup", controller.release);
      removeEventListener("pointercancel", controller.release);
    };
  }, [controller]);

  return { controller, state };
}
