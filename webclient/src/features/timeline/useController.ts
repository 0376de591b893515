import { type RefObject, useEffect, useState, useSyncExternalStore } from "react";
import { useNotify } from "../../components/Notices";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { createTimelineController, type TimelineController, type TimelineState } from "./controller";
import { attachDrag } from "./drag";
import type { TimelineProps } from "./scene";
import { mountTimeline } from "./visTimeline";
import { attachWheel } from "./wheel";

/** Now is looked for in the view this often, in milliseconds. */
const turnEvery = 1_000;

const lost = { about: "drag", tone: "bad", title: "Not moved." } as const;

/** Mounts the timeline in the element, and ties a controller to it and to the page's pointer. */
export function useController(
  element: RefObject<HTMLElement | null>,
  props: TimelineProps,
): { controller: TimelineController; state: TimelineState } {
  const { store } = useLiveContext();
  const notify = useNotify();
  const [controller] = useState(() =>
    createTimelineController(
      {
        now: () => serverNow(store),
        jobOf: (id) => store.get().jobs.get(id),
        onLost: (detail) => notify({ ...lost, detail }),
      },
      { ...props, jobs: new Map(), workers: [] },
    ),
  );
  const state = useSyncExternalStore(controller.subscribe, controller.get);

  useEffect(() => {
    const container = element.current;
    if (!container) return;
    const handle = mountTimeline(container, controller.firstView(container.clientWidth), controller.events);
    const detachWheel = attachWheel(container, handle, controller.leave);
    const detachDrag = attachDrag(container, handle, controller.events, controller.leave);
    const detach = controller.attach(handle);
    const timer = setInterval(controller.turn, turnEvery);
    return () => {
      clearInterval(timer);
      detach();
      detachDrag();
      detachWheel();
      handle.destroy();
    };
  }, [element, controller]);

  return { controller, state };
}
