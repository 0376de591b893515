import { JobBar } from "../../components/JobBar";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { stepWords, timeWords } from "../../lib/progress";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { useProgress } from "../../live/progress";

/** How far a job is by the clock, when it will be over, and in words what of it is running. */
export function JobProgressBar({ job }: { job: Job }) {
  const now = useNow(250);
  const step = useLive((state) => state.progress.get(job.id));
  return (
    <div className="space-y-1.5">
      <JobBar job={job} className="h-2.5" />
      <p className="font-medium">{timeWords(useProgress(job), now)}</p>
      <p className="text-ink-soft text-sm">{stepWords(step)}</p>
    </div>
  );
}
