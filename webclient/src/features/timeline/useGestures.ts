import { type RefObject, useEffect, useRef, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { type Placement, slotOf } from "../../lib/slots";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { jobIdOf } from "./blockItem";
import { firstView, zoomed } from "./scale";
import type { TimelineProps } from "./Timeline";
import { useFollow } from "./useFollow";
import type { Placing } from "./usePlacement";
import { useTimeline } from "./useTimeline";

/** What the pointer is over. */
interface Point {
  readonly at: number;
  readonly item?: string;
}

/** What a hand does on the mounted timeline: point, press, double-press, drag, pan. */
export function useGestures(frame: RefObject<HTMLElement | null>, props: TimelineProps, placing: Placing) {
  const { duration, onSelect, onPin, onBook, onMove } = props;
  const { store } = useLiveContext();
  const [pointed, setPointed] = useState<Point>();
  const [drag, setDrag] = useState<{ readonly id: string; readonly placement: Placement }>();
  const [dropped, setDropped] = useState<{ readonly job: Job; readonly start: number }>();
  const touching = useRef(false);

  const timeline = useTimeline(frame, (width) => firstView(serverNow(store), duration, width), {
    onUserView: () => {
      leave();
      setPointed(undefined);
    },
    onPoint: (point) => setPointed(touching.current ? undefined : point),
    onPress: ({ at, item }) => {
      if (!handle) return;
      if (item === undefined) {
        onSelect(undefined);
        // A new slot is placed with the pointer at its start.
        if (duration > 0) onPin(placing.near(at, handle.view(), duration).start);
        return;
      }
      const id = jobIdOf(item);
      if (id !== undefined) onSelect(id);
      else handle.show(zoomed(handle.view(), 0.2, at), true);
    },
    onDoublePress: ({ at, item }) => {
      if (item !== undefined || !handle || duration === 0) return;
      setPointed(undefined);
      onBook(placing.near(at, handle.view(), duration).start);
    },
    onDrag: (id, start, view) => {
      const placement = placing.near(start, view, Number(store.get().jobs.get(id)?.durationMs ?? 0n), id);
      setDrag({ id, placement });
      return placement;
    },
    onDrop: (id, start) => {
      setDrag(undefined);
      const job = store.get().jobs.get(id);
      if (!job || slotOf(job).start === start) return;
      setDropped({ job, start });
      void onMove(job, start).then((accepted) => accepted || setDropped(undefined));
    },
  });
  const { handle } = timeline;
  const { leave, ...followed } = useFollow(handle, pointed !== undefined || drag !== undefined);

  useEffect(() => {
    // A drag that ends where it began is not reported as a drop.
    const over = () => setDrag(undefined);
    addEventListener("pointerup", over);
    addEventListener("pointercancel", over);
    return () => {
      removeEventListener("pointerup", over);
      removeEventListener("pointercancel", over);
    };
  }, []);

  return {
    ...timeline,
    ...followed,
    leave,
    pointed,
    drag,
    dropped,
    onPointerMove: (event: { pointerType: string }) => {
      touching.current = event.pointerType === "touch";
    },
    onPointerLeave: () => setPointed(undefined),
  };
}
