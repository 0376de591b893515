import { JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { statusWords } from "../lib/words/words";

const looks: Record<JobStatus, string> = {
  [JobStatus.UNSPECIFIED]: "bg-sunken text-ink-soft",
  [JobStatus.SCHEDULED]: "bg-waiting-wash text-ink-soft",
  [JobStatus.PROCESSING]: "bg-running-wash text-running-ink",
  [JobStatus.COMPLETED]: "bg-done-wash text-done-ink",
  [JobStatus.FAILED]: "bg-failed-wash text-failed-ink",
  [JobStatus.CANCELLED]: "bg-sunken text-ink-faint",
};

export function StatusBadge({ status }: { status: JobStatus }) {
  return (
    <span
      className={`inline-block whitespace-nowrap rounded-full border border-current/15 px-2.5 py-0.5 font-medium text-xs ${looks[status]}`}
    >
      {statusWords[status]}
    </span>
  );
}
