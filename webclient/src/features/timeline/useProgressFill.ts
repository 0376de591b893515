import { type RefObject, useEffect } from "react";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { progressNow } from "../../live/progress";
import { selectRunning } from "../../live/selectors";
import type { BlockItem } from "./blockItem";

/** A running block is filled this often, in milliseconds. */
const every = 250;

/** Fills running blocks as time goes. Straight on the element: that is not worth a redraw of the timeline. */
export function useProgressFill(frame: RefObject<HTMLElement | null>, items: readonly BlockItem[]): void {
  const { store } = useLiveContext();
  const running = useLive(selectRunning);
  // biome-ignore lint/correctness/useExhaustiveDependencies: redrawn items are new elements to fill
  useEffect(() => {
    if (running.length === 0) return;
    const fill = () => {
      for (const job of running) {
        const label = frame.current?.querySelector(`[data-item="${CSS.escape(job.id)}"]`);
        const block = label?.closest<HTMLElement>(".vis-item");
        block?.style.setProperty("--done", String(progressNow(job, store.get().progress, serverNow(store)).share));
      }
    };
    fill();
    const timer = setInterval(fill, every);
    return () => clearInterval(timer);
  }, [frame, store, running, items]);
}
