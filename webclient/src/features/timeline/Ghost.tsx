import { useLayoutEffect, useRef, useState } from "react";
import { formatDuration, formatSlot } from "../../lib/format";
import { blockerWords, type Placement } from "../../lib/slots";
import type { Viewer } from "../../lib/words/words";
import { msPerPixel, type View } from "./scale";

/** Why a slot is impossible, in a few words; empty when it is possible. */
export function obstacle({ blocker, past, unable }: Placement, viewer: Viewer, now: number): string {
  if (unable) return "cannot run there";
  if (past) return "in the past";
  return blocker ? blockerWords(blocker, viewer, now) : "";
}

/** Pixels that a label keeps from the edges of the timeline. */
const margin = 4;

/** The outline of a slot that could be booked, with its times, or of one that cannot, with the reason. */
export function Ghost(props: {
  placement: Placement;
  view: View;
  now: number;
  viewer: Viewer;
  /** Its lane from above; `low` when there is no other below. */
  row?: number;
  low?: boolean;
  pinned?: boolean;
  onBook?: () => void;
}) {
  const { placement, view, now, viewer, row = 0, low, pinned, onBook } = props;
  const label = useRef<HTMLDivElement>(null);
  const [half, setHalf] = useState(0);
  // After every drawing: its words decide how wide it is.
  useLayoutEffect(() => setHalf((label.current?.offsetWidth ?? 0) / 2 + margin));

  const scale = msPerPixel(view);
  const left = (placement.start - view.start) / scale;
  const width = Math.max(3, (placement.end - placement.start) / scale);
  if (left + width < 0 || left > view.width) return null;
  const reason = obstacle(placement, viewer, now);
  return (
    <div
      className={`tl-ghost ${pinned ? "is-pinned" : ""} ${low ? "is-low" : ""} ${reason ? "is-impossible" : ""}`}
      style={{ transform: `translateX(${left}px)`, width, "--row": row } as object}
    >
      <div
        ref={label}
        className="tl-ghost-label"
        style={{ left: within(left + width / 2, half, view.width) - left, maxWidth: view.width - 2 * margin }}
      >
        <span className="font-semibold">{formatSlot(placement, now)}</span>
        <span>{reason || formatDuration(placement.end - placement.start)}</span>
        {onBook && !reason && (
          <button type="button" onClick={onBook} className="tl-ghost-book">
            Book here
          </button>
        )}
      </div>
    </div>
  );
}

/** The middle nearest to the wanted one at which a label of this half width is not cut off. */
export function within(wanted: number, half: number, width: number): number {
  return Math.max(half, Math.min(wanted, width - half));
}
