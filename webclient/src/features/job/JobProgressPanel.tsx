import { ProgressBar } from "../../components/ProgressBar";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration } from "../../lib/format";
import { progressWords, shareDone } from "../../lib/progress";
import { slotOf } from "../../lib/slots";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { Preview } from "./Preview";

/** A running job: what runs, how far it is, how long it may still take, and the picture in the making. */
export function JobProgressPanel({ job }: { job: Job }) {
  const now = useNow(250);
  const progress = useLive((state) => state.progress.get(job.id));
  const share = progress ? shareDone(progress) : 0;
  const elapsed = now - Number(job.startedAtMs || job.timeSlot);
  const left = slotOf(job).end - now;
  return (
    <div className="space-y-3">
      <Preview jobId={job.id} number={progress?.preview ?? 0} />
      <ProgressBar share={share} label="Progress" className="h-2.5" />
      <div className="flex flex-wrap justify-between gap-x-4 text-ink-soft text-sm">
        <span>{progress ? progressWords(progress) : "Handed to ComfyUI"}</span>
        <span>
          {formatDuration(elapsed)} gone{left > 0 && `, slot ends in ${formatDuration(left)}`}
        </span>
      </div>
    </div>
  );
}
