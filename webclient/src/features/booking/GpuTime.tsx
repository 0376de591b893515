import type { GpuTimeUse } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { formatDuration } from "../../lib/format";
import { useLive } from "../../live/LiveContext";

/** How much of the GPU time that one may have is taken with this booking, before it is refused; nothing where there is no limit. */
export function GpuTime({ use }: { use: GpuTimeUse | undefined }) {
  const limits = useLive(({ me, system }) => (me?.administrator ? undefined : system?.limits));
  const open = Number(limits?.openMs ?? 0n);
  const day = Number(limits?.dayMs ?? 0n);
  if (!use || (open === 0 && day === 0)) return null;
  return (
    <div className="grid gap-x-4 gap-y-1 text-ink-soft text-xs sm:grid-cols-2">
      {open > 0 && <Meter words="booked ahead" used={Number(use.openMs)} of={open} />}
      {day > 0 && <Meter words="that day" used={Number(use.dayMs)} of={day} />}
    </div>
  );
}

function Meter({ words, used, of }: { words: string; used: number; of: number }) {
  const over = used > of;
  return (
    <p className={`flex items-center gap-2 ${over ? "font-medium text-failed-ink" : ""}`}>
      <span aria-hidden="true" className="h-1.5 w-16 shrink-0 overflow-hidden rounded-full bg-line">
        <span
          className={`block h-full origin-left ${over ? "bg-failed" : "bg-accent"}`}
          style={{ transform: `scaleX(${Math.min(1, used / of)})` }}
        />
      </span>
      {formatDuration(used)} of {formatDuration(of)} GPU time {words}
    </p>
  );
}
