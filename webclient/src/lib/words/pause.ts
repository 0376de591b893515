import type { Pause } from "../../gen/comfyscheduler/v1/worker_pb";
import { formatMinute } from "../format";
import { momentsOf } from "../slots";

/** When the worker is or will be paused: "Paused until 15:00" or "Pause from 14:00 until 15:00". */
export function pauseWords({ timeSlot }: Pause, now: number): string {
  const { start, end } = momentsOf(timeSlot);
  const until = `until ${formatMinute(end, now)}`;
  return start <= now ? `Paused ${until}` : `Pause from ${formatMinute(start, now)} ${until}`;
}
