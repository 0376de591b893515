import { type RefObject, useEffect, useRef, useState } from "react";
import type { View } from "./scale";
import { mountTimeline, type TimelineEvents, type TimelineHandle } from "./visTimeline";
import { attachWheel } from "./wheel";

/** Mounts the timeline once in the element and keeps its handle, its view, and the newest event handlers. */
export function useTimeline(
  element: RefObject<HTMLElement | null>,
  first: (width: number) => View,
  events: Omit<TimelineEvents, "onView"> & { onUserView: () => void },
): { handle: TimelineHandle | undefined; view: View | undefined } {
  const [handle, setHandle] = useState<TimelineHandle>();
  const [view, setView] = useState<View>();
  const latest = useRef({ events, first });
  useEffect(() => {
    latest.current = { events, first };
  });

  useEffect(() => {
    const container = element.current;
    if (!container) return;
    const handlers = () => latest.current.events;
    const mounted = mountTimeline(container, latest.current.first(container.clientWidth), {
      onView: (next, byUser) => {
        if (byUser) handlers().onUserView();
        setView((known) => (known && sameView(known, next) ? known : next));
      },
      onPoint: (point) => handlers().onPoint(point),
      onPress: (press) => handlers().onPress(press),
      onDoublePress: (press) => handlers().onDoublePress(press),
      onDrag: (id, start, seen) => handlers().onDrag(id, start, seen),
      onDrop: (id, start) => handlers().onDrop(id, start),
    });
    const detachWheel = attachWheel(container, mounted, () => handlers().onUserView());
    setHandle(mounted);
    setView(mounted.view());
    return () => {
      detachWheel();
      mounted.destroy();
      setHandle(undefined);
    };
  }, [element]);

  return { handle, view };
}

function sameView(a: View, b: View): boolean {
  return a.start === b.start && a.end === b.end && a.width === b.width;
}
