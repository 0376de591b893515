import type { Notice } from "../components/Notices";
import type { SlotConflict } from "../gen/comfyscheduler/v1/error_pb";
import { formatMoment } from "../lib/format";

/** Says who holds the slot and until when, and offers the next free start in one click. */
export function conflictNotice(
  conflict: SlotConflict,
  { verb, now, take }: { verb: string; now: number; take: (start: number) => void },
): Notice {
  const next = Number(conflict.nextFreeStartMs);
  const who = conflict.blockingUserName || "somebody else";
  const [from, to] = [Number(conflict.blockingStartMs), Number(conflict.blockingEndMs)];
  return {
    tone: "bad",
    // Only a job has an id: a pause holds its time without one.
    title: conflict.blockingJobId === "" ? `ComfyUI is paused then by ${who}.` : `That slot is taken by ${who}.`,
    detail: `Busy from ${formatMoment(from, now)} to ${formatMoment(to, now)}.`,
    ...(next > 0 && { action: { label: `${verb} ${formatMoment(next, now)}`, run: () => take(next) } }),
  };
}
