import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { promptLine } from "../lib/words/words";
import { Icon } from "./Icon";

/** A job's prompt on one line; a lock where it is not for the viewer's eyes. */
export function PromptLine({ job }: { job: Job }) {
  if (!job.hidden) return promptLine(job);
  return (
    <span className="inline-flex items-center gap-1 align-bottom text-ink-faint">
      <Icon name="lock" className="size-3.5 shrink-0" />
      {promptLine(job)}
    </span>
  );
}
