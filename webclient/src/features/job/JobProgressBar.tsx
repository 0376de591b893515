import { ProgressBar } from "../../components/ProgressBar";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration } from "../../lib/format";
import { progressWords, shareDone } from "../../lib/progress";
import { slotOf } from "../../lib/slots";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";

/** What of a job is running, how far it is, and how much of its slot is left. */
export function JobProgressBar({ job }: { job: Job }) {
  const now = useNow(250);
  const progress = useLive((state) => state.progress.get(job.id));
  const elapsed = now - Number(job.startedAtMs || job.timeSlot);
  const left = slotOf(job).end - now;
  return (
    <div className="space-y-1.5">
      <ProgressBar share={progress ? shareDone(progress) : 0} label="Progress" className="h-2.5" />
      <p className="font-medium">{progress ? progressWords(progress) : "Handed to ComfyUI"}</p>
      <p className="text-ink-soft text-sm">
        {formatDuration(elapsed)} gone{left > 0 && `, slot ends in ${formatDuration(left)}`}
      </p>
    </div>
  );
}
