import { DelayKind, type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatMoment } from "../format";
import { slotOf, startOf } from "../slots";

/** What is shorter than this, in milliseconds, is no lateness to a person. */
const noticed = 1_000;

/** Why a job does not keep to its slot, in words for people; empty when it does. `now` in milliseconds. */
export function latenessWords(job: Job, now: number): string[] {
  return [delayWords(job, now), overrunWords(job, now)].filter((words) => words !== "");
}

function delayWords(job: Job, now: number): string {
  const { delay, startedAtMs, attempt } = job;
  if (!delay) return "";
  const because = delay.reason === "" ? "" : `: ${delay.reason.replace(/[.]$/, "")}`;
  const booked = formatMoment(Number(delay.bookedStartMs), now);
  switch (delay.kind) {
    case DelayKind.LATE: {
      const by = Number(startedAtMs) - startOf(job);
      if (by > 0 && by < noticed) return "";
      return by > 0 ? `Started ${formatDuration(by)} late${because}.` : `Late${because}.`;
    }
    case DelayKind.OVERDUE:
      return `Moved, was booked for ${booked}${because}.`;
    case DelayKind.PAUSED:
      return `Moved from ${booked}${because}.`;
    case DelayKind.RETRY:
      return `Run ${attempt}, the run at ${booked} was lost${because}.`;
    default:
      return delay.reason;
  }
}

function overrunWords(job: Job, now: number): string {
  const { end } = slotOf(job);
  if (job.status === JobStatus.PROCESSING && now > end) return `Overruns its slot by ${formatDuration(now - end)}.`;
  const over = Number(job.finishedAtMs) - end;
  const ran = job.status === JobStatus.COMPLETED || job.status === JobStatus.FAILED;
  return ran && over > noticed && job.startedAtMs > 0n ? `Overran its slot by ${formatDuration(over)}.` : "";
}
