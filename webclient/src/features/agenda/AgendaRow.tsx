import { memo } from "react";
import { JobBar } from "../../components/JobBar";
import { PromptLine } from "../../components/PromptLine";
import { SeriesTag } from "../../components/SeriesTag";
import { StatusBadge } from "../../components/StatusBadge";
import { Thumbnail } from "../../components/Thumbnail";
import { WorkerName } from "../../components/WorkerName";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDistance, formatMoment } from "../../lib/format";
import { stepWords } from "../../lib/progress";
import { resultsOf } from "../../lib/results";
import { startOf } from "../../lib/slots";
import { latenessWords } from "../../lib/words/lateness";
import { forwardWords, isMovable } from "../../lib/words/promise";
import { useLive } from "../../live/LiveContext";
import { useOwner } from "../../live/names";
import { useNow } from "../../live/now";

interface AgendaRowProps {
  readonly job: Job;
  /** Jobs of the same series that stand behind it. */
  readonly others?: number;
  readonly selected: boolean;
  readonly onSelect: (id: string) => void;
}

/** One job of the list. It renders again only when its own job changes, or the clock. */
export const AgendaRow = memo(function AgendaRow({ job, others = 0, selected, onSelect }: AgendaRowProps) {
  const mine = useLive(({ me }) => me?.id === job.userId);
  const owner = useOwner(job);
  const now = useNow();
  const picture = resultsOf(job)[0]?.result;
  const late = latenessWords(job, now)[0];
  const forward = job.status === JobStatus.SCHEDULED || job.status === JobStatus.PROCESSING ? forwardWords(job) : "";
  return (
    <li>
      <button
        type="button"
        aria-current={selected}
        onClick={() => onSelect(job.id)}
        className={`grid w-full grid-cols-[6.75rem_1fr_auto] items-center gap-x-3 border-l-4 px-3 py-2 text-left text-sm
          transition-colors hover:bg-raised sm:px-4 ${
            selected ? "bg-accent-wash" : ""
          } ${mine ? "border-accent" : "border-transparent"}`}
      >
        <span>
          <span className="block font-medium">{formatMoment(startOf(job), now)}</span>
          <span className="block whitespace-nowrap text-ink-faint text-xs">{whenWords(job, now)}</span>
        </span>
        <span className="min-w-0">
          <span className="flex min-w-0 items-center gap-1.5">
            <WorkerName id={job.workerId} bare />
            <span className="truncate font-medium">{owner}</span>
            <SeriesTag job={job} count={others + 1} />
          </span>
          <span className="block truncate text-ink-soft">
            <PromptLine job={job} />
          </span>
          {forward && <span className="block truncate text-done-ink text-xs">{forward}</span>}
          {late && <span className="block truncate text-running-ink text-xs">{late}</span>}
          {job.error && <span className="block truncate text-failed-ink text-xs">{job.error.message}</span>}
        </span>
        {picture && job.status === JobStatus.COMPLETED ? (
          <Thumbnail result={picture} stamp={job.finishedAtMs} alt="Completed" className="size-11 rounded-lg" />
        ) : job.status === JobStatus.SCHEDULED ? null : (
          <StatusBadge status={job.status} />
        )}
        {job.status === JobStatus.PROCESSING && <RowProgress job={job} />}
      </button>
    </li>
  );
});

function RowProgress({ job }: { job: Job }) {
  const step = useLive((state) => state.progress.get(job.id));
  return (
    <span className="col-span-full mt-1.5 flex items-center gap-3">
      <JobBar job={job} className="h-1.5 min-w-0 flex-1" />
      <span className="min-w-0 max-w-[60%] truncate text-ink-soft text-xs">{stepWords(step)}</span>
    </span>
  );
}

function whenWords(job: Job, now: number): string {
  const start = startOf(job);
  if (job.status === JobStatus.SCHEDULED) {
    if (start < now - 1_000) return "waiting";
    // A promise "not later than" is told as one.
    const distance = formatDistance(start, now);
    return isMovable(job) ? distance.replace(/^in /, "within ") : distance;
  }
  if (job.status === JobStatus.PROCESSING) return "now";
  return formatDistance(Number(job.finishedAtMs), now);
}
