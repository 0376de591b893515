import { formatDuration, formatTime } from "../../lib/format";
import { blockerWords, type Placement } from "../../lib/slots";
import { msPerPixel, type View } from "./scale";

/** Why a slot is impossible, in a few words; empty when it is possible. */
export function obstacle({ blocker, past }: Placement, myId: string | undefined): string {
  if (past) return "in the past";
  return blocker ? blockerWords(blocker, myId) : "";
}

/** The outline of a slot that could be booked, with its times, or of one that cannot, with the reason. */
export function Ghost({
  placement,
  view,
  myId,
  pinned,
  onBook,
}: {
  placement: Placement;
  view: View;
  myId: string | undefined;
  pinned?: boolean;
  onBook?: () => void;
}) {
  const scale = msPerPixel(view);
  const left = (placement.start - view.start) / scale;
  const width = Math.max(3, (placement.end - placement.start) / scale);
  if (left + width < 0 || left > view.width) return null;
  const reason = obstacle(placement, myId);
  const words = `${formatTime(placement.start)} – ${formatTime(placement.end)}`;
  // The label leans inwards at the edges, so that it is never cut off.
  const shift = Math.min(Math.max(left + width / 2, 130), view.width - 130) - left;
  return (
    <div
      className={`tl-ghost ${pinned ? "is-pinned" : ""} ${reason ? "is-impossible" : ""}`}
      style={{ transform: `translateX(${left}px)`, width }}
    >
      <div className="tl-ghost-label" style={{ left: shift }}>
        <span className="font-semibold">{words}</span>
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
