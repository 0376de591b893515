import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { progressOf } from "../lib/progress";
import { useNow } from "../live/now";
import { ProgressBar } from "./ProgressBar";

/** How far a running job is. */
export function JobBar({ job, className }: { job: Job; className: string }) {
  const now = useNow(250);
  return <ProgressBar share={progressOf(job, now).share} label="Progress" className={className} />;
}
