import type { Pause } from "../../gen/comfyscheduler/v1/worker_pb";
import { formatMinute } from "../../lib/format";
import type { Slot } from "../../lib/slots";
import { msPerPixel, type View } from "./scale";

/** A hatched stretch of the ground: nothing runs there, and nothing can be booked. */
export function PauseStretch(props: { pause: Slot & { pause: Pause }; view: View; now: number; row?: number }) {
  const { pause, view, now, row = 0 } = props;
  const scale = msPerPixel(view);
  const left = Math.max(0, (pause.start - view.start) / scale);
  const right = Math.min(view.width, (pause.end - view.start) / scale);
  if (right <= 0 || left >= view.width) return null;
  return (
    <div
      className="tl-pause"
      style={{ transform: `translateX(${left}px)`, width: Math.max(3, right - left), "--row": row } as object}
    >
      {right - left > 90 && (
        <p className="tl-pause-label">
          <b>Paused until {formatMinute(pause.end, now)}</b>
          {pause.pause.reason && <span>{pause.pause.reason}</span>}
        </p>
      )}
    </div>
  );
}
