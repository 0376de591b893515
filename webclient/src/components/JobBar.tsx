import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { useProgress } from "../live/progress";
import { ProgressBar } from "./ProgressBar";

/** How far a running job is. */
export function JobBar({ job, className }: { job: Job; className: string }) {
  return <ProgressBar share={useProgress(job).share} label="Progress" className={className} />;
}
