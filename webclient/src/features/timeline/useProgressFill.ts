import { type RefObject, useEffect } from "react";
import { shareDone } from "../../lib/progress";
import { useLive } from "../../live/LiveContext";
import type { BlockItem } from "./blockItem";

/** Fills running blocks as they progress. Straight on the element: a step is not worth a redraw of the timeline. */
export function useProgressFill(frame: RefObject<HTMLElement | null>, items: readonly BlockItem[]): void {
  const progress = useLive((state) => state.progress);
  // biome-ignore lint/correctness/useExhaustiveDependencies: redrawn items are new elements to fill
  useEffect(() => {
    for (const [id, step] of progress) {
      const label = frame.current?.querySelector(`[data-item="${CSS.escape(id)}"]`);
      const block = label?.closest<HTMLElement>(".vis-item");
      block?.style.setProperty("--done", String(shareDone(step)));
    }
  }, [frame, progress, items]);
}
