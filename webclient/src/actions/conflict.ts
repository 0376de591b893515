import type { Notice } from "../components/Notices";
import type { SlotConflict } from "../gen/comfyscheduler/v1/error_pb";
import { formatTime } from "../lib/format";

/** Says who holds the slot and until when, and offers the next free start in one click. */
export function conflictNotice(conflict: SlotConflict, verb: string, take: (start: number) => void): Notice {
  const next = Number(conflict.nextFreeStartMs);
  return {
    tone: "bad",
    title: `That slot is taken by ${conflict.blockingUserName || "somebody else"}.`,
    detail: `Busy from ${formatTime(Number(conflict.blockingStartMs))} to ${formatTime(Number(conflict.blockingEndMs))}.`,
    ...(next > 0 && { action: { label: `${verb} ${formatTime(next)}`, run: () => take(next) } }),
  };
}
