import { formatMoment } from "../../lib/format";
import type { LanePlacement } from "../../lib/lanes";
import type { Viewer } from "../../lib/words/words";
import { workerTitle } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { selectWorkers } from "../../live/selectors";
import { obstacle } from "./Ghost";

/** How the timeline is used; all of it for those who listen. */
export function TimelineHints({ many }: { many: boolean }) {
  return (
    <p id="timeline-keys" className="px-3 pb-2 text-ink-faint text-xs sm:px-4">
      <span className="pointer-coarse:hidden">
        Double-click a free place to book it. Drag your own blocks to move them
        {many ? ", also to another lane. Scroll, or Ctrl and scroll, to zoom." : ". Scroll to zoom."}
      </span>
      <span className="hidden pointer-coarse:inline">Tap a free place to choose it. Pinch to zoom.</span>
      <span className="sr-only">
        Arrow keys choose a slot and Enter books it. Up and down go from job to job. Plus and minus zoom, N jumps to
        now.
        {many && " Shift with up or down takes the chosen slot, or your own selected booking, to another lane."}
      </span>
    </p>
  );
}

/** Says the chosen slot to those who listen. */
export function SpokenPlace(props: { placement: LanePlacement | undefined; now: number; viewer: Viewer }) {
  const { placement, now, viewer } = props;
  const workers = useLive(selectWorkers);
  const worker = workers.length > 1 ? workers.find(({ id }) => id === placement?.workerId) : undefined;
  const where = worker ? ` on ${workerTitle(worker)}` : "";
  return (
    <p aria-live="polite" className="sr-only">
      {placement &&
        `Slot from ${formatMoment(placement.start, now)}${where}, ${obstacle(placement, viewer, now) || "free"}`}
    </p>
  );
}
