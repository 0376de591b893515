import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { promptLine } from "../lib/words/words";
import { useLive } from "../live/LiveContext";
import { Icon } from "./Icon";

/** A job's prompt on one line; a lock where it is not for the viewer's eyes. */
export function PromptLine({ job }: { job: Job }) {
  const title = useLive(({ workflows }) => workflows.find(({ id }) => id === job.workflowId)?.title);
  if (!job.hidden) return promptLine(job, title || undefined);
  return (
    <span className="inline-flex items-center gap-1 align-bottom text-ink-faint">
      <Icon name="lock" className="size-3.5 shrink-0" />
      {promptLine(job)}
    </span>
  );
}
