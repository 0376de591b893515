import { type RefObject, useMemo } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { type Placement, place, takenSlots } from "../../lib/slots";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { selectWorker } from "../../live/selectors";
import { gridStep, msPerPixel, type View } from "./scale";

/** A start must lie this far ahead, in milliseconds, so that it has not passed when the request arrives. */
const lead = 400;
/** Pixels within which an impossible slot leans against its neighbour. */
const magnet = 48;

/** Placing says where a slot of a length lands, among the slots that are held now. */
export interface Placing {
  /** At a pointed moment: rounded to what the view shows, and leaning against neighbours. */
  readonly near: (moment: number, view: View, length: number, except?: string) => Placement;
  /** At exactly this start. */
  readonly exactly: (start: number, length: number) => Placement;
}

/** Places among `jobs`, read when they are needed: those in sight reach beyond the live state. */
export function usePlacement(jobs: RefObject<ReadonlyMap<string, Job>>): Placing {
  const { store } = useLiveContext();
  return useMemo(() => {
    const among = (duration: number) => {
      const now = serverNow(store);
      const taken = takenSlots(jobs.current.values(), selectWorker(store.get()), now);
      return { duration, taken, earliest: Math.ceil(now + lead) };
    };
    return {
      near: (moment, view, length, except) =>
        place(moment, {
          ...among(length),
          reach: magnet * msPerPixel(view),
          grid: gridStep(view),
          ...(except !== undefined && { except }),
        }),
      exactly: (start, length) => place(start, { ...among(length), reach: 0, grid: 1 }),
    };
  }, [store, jobs]);
}
