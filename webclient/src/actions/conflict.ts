import type { Notice } from "../components/Notices";
import type { SlotConflict } from "../gen/comfyscheduler/v1/error_pb";
import { formatMoment } from "../lib/format";
import { momentsOf } from "../lib/slots";

/** Says who holds the slot and until when, or that files cannot be there by then, and offers the next free start in one click. */
export function conflictNotice(
  { blocker, timeSlot, nextFreeStartMs }: SlotConflict,
  { verb, now, take }: { verb: string; now: number; take: (start: number) => void },
): Notice {
  const next = Number(nextFreeStartMs);
  const who = (blocker.case !== "files" && blocker.value?.userName) || "somebody else";
  const { start, end } = momentsOf(timeSlot);
  const action = next > 0 && { action: { label: `${verb} ${formatMoment(next, now)}`, run: () => take(next) } };
  if (blocker.case === "files") {
    const ready = formatMoment(Number(blocker.value.readyMs), now);
    return {
      tone: "bad",
      title: "Its files cannot be there by then.",
      detail: `They can be there from ${ready} on.`,
      ...action,
    };
  }
  return {
    tone: "bad",
    title: blocker.case === "pause" ? `ComfyUI is paused then by ${who}.` : `That slot is taken by ${who}.`,
    detail: `Busy from ${formatMoment(start, now)} to ${formatMoment(end, now)}.`,
    ...action,
  };
}
