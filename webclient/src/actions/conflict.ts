import type { Notice } from "../components/Notices";
import type { SlotConflict } from "../gen/comfyscheduler/v1/error_pb";
import { formatTime } from "../lib/format";

/** Says who holds the slot and until when, and offers the next free start in one click. */
export function conflictNotice(conflict: SlotConflict, verb: string, take: (start: number) => void): Notice {
  const next = Number(conflict.nextFreeStartMs);
  const who = conflict.blockingUserName || "somebody else";
  return {
    tone: "bad",
    // Only a job has an id: a pause holds its time without one.
    title: conflict.blockingJobId === "" ? `ComfyUI is paused then by ${who}.` : `That slot is taken by ${who}.`,
    detail: `Busy from ${formatTime(Number(conflict.blockingStartMs))} to ${formatTime(Number(conflict.blockingEndMs))}.`,
    ...(next > 0 && { action: { label: `${verb} ${formatTime(next)}`, run: () => take(next) } }),
  };
}
