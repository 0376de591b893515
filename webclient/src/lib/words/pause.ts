import type { Pause } from "../../gen/comfyscheduler/v1/system_pb";
import { formatMinute } from "../format";

/** When the worker is or will be paused: "Paused until 15:00" or "Pause from 14:00 until 15:00". */
export function pauseWords({ startMs, endMs }: Pause, now: number): string {
  const until = `until ${formatMinute(Number(endMs), now)}`;
  return Number(startMs) <= now ? `Paused ${until}` : `Pause from ${formatMinute(Number(startMs), now)} ${until}`;
}
