import { Button } from "../../components/Button";
import type { PauseObstacle } from "../../gen/comfyscheduler/v1/error_pb";
import { formatSlot, plural } from "../../lib/format";
import { momentsOf } from "../../lib/slots";
import { useNow } from "../../live/now";

const shown = 8;

/** The bookings in the way of a pause, and the choice to move them. */
export function PauseObstacles(props: {
  /** Those that are named. */
  obstacles: readonly PauseObstacle[];
  /** How many there are. */
  total: number;
  busy: boolean;
  onMove: () => void;
  onLeave: () => void;
}) {
  const { obstacles, total, busy, onMove, onLeave } = props;
  const now = useNow(60_000);
  const rest = total - Math.min(shown, obstacles.length);
  return (
    <div
      role="alertdialog"
      aria-label="Bookings in the way"
      className="grid gap-3 rounded-xl border-running border-l-4 bg-running-wash p-3 text-sm"
    >
      <p className="font-medium text-running-ink">
        {plural(total, "booking")} {total === 1 ? "is" : "are"} in the way. Nothing has been changed yet.
      </p>
      <ul className="grid gap-1">
        {obstacles.slice(0, shown).map(({ jobId, userName, timeSlot }) => (
          <li key={jobId} className="flex flex-wrap justify-between gap-x-4">
            <span className="font-medium">{userName}</span>
            <span className="text-ink-soft">{formatSlot(momentsOf(timeSlot), now)}</span>
          </li>
        ))}
        {rest > 0 && <li className="text-ink-soft">and {plural(rest, "more booking")}</li>}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button tone="primary" autoFocus disabled={busy} onClick={onMove}>
          {total === 1 ? "Move it and pause" : "Move them and pause"}
        </Button>
        <Button onClick={onLeave}>Leave it</Button>
      </div>
      <p className="text-ink-soft">Moved bookings get the next free slots after the pause, and say why.</p>
    </div>
  );
}
