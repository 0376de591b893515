import { formatMoment } from "../../lib/format";
import { msPerPixel, type View } from "./scale";

/** The time, at the head of the now-line. */
export function NowChip({ view, now }: { view: View; now: number }) {
  const left = (now - view.start) / msPerPixel(view);
  if (left < -40 || left > view.width + 40) return null;
  return (
    <div className="tl-now" style={{ transform: `translateX(calc(${left}px - 50%))` }}>
      {formatMoment(now, now)}
    </div>
  );
}
