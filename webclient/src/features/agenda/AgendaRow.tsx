import { memo } from "react";
import { ProgressBar } from "../../components/ProgressBar";
import { PromptLine } from "../../components/PromptLine";
import { StatusBadge } from "../../components/StatusBadge";
import { Thumbnail } from "../../components/Thumbnail";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDistance, formatTime } from "../../lib/format";
import { latenessWords } from "../../lib/lateness";
import { shareDone } from "../../lib/progress";
import { ownerWords } from "../../lib/words";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";

interface AgendaRowProps {
  readonly id: string;
  readonly selected: boolean;
  readonly onSelect: (id: string) => void;
}

/** One job of the list. It renders again only when its own job changes, or the clock. */
export const AgendaRow = memo(function AgendaRow({ id, selected, onSelect }: AgendaRowProps) {
  const job = useLive(({ jobs }) => jobs.get(id));
  const myId = useLive(({ me }) => me?.id);
  const now = useNow();
  if (!job) return null;
  const mine = job.userId === myId;
  const [picture] = job.results;
  const late = latenessWords(job, now)[0];
  return (
    <li>
      <button
        type="button"
        aria-current={selected}
        onClick={() => onSelect(id)}
        className={`grid w-full grid-cols-[5.75rem_1fr_auto] items-center gap-x-3 border-l-4 px-3 py-2 text-left text-sm transition-colors hover:bg-raised sm:px-4 ${
          selected ? "bg-accent-wash" : ""
        } ${mine ? "border-accent" : "border-transparent"}`}
      >
        <span>
          <span className="block whitespace-nowrap font-medium">{formatTime(Number(job.timeSlot))}</span>
          <span className="block text-ink-faint text-xs">{whenWords(job, now)}</span>
        </span>
        <span className="min-w-0">
          <span className="block truncate font-medium">{ownerWords(job, myId)}</span>
          <span className="block truncate text-ink-soft">
            <PromptLine job={job} />
          </span>
          {late && <span className="block truncate text-running-ink text-xs">{late}</span>}
          {job.error && <span className="block truncate text-failed-ink text-xs">{job.error.message}</span>}
        </span>
        {picture && job.status === JobStatus.COMPLETED ? (
          <Thumbnail result={picture} stamp={job.finishedAtMs} alt="Completed" className="size-11 rounded-lg" />
        ) : job.status === JobStatus.SCHEDULED ? null : (
          <StatusBadge status={job.status} />
        )}
        {job.status === JobStatus.PROCESSING && <RowProgress id={id} />}
      </button>
    </li>
  );
});

function RowProgress({ id }: { id: string }) {
  const progress = useLive((state) => state.progress.get(id));
  return (
    <span className="col-span-full mt-1.5">
      <ProgressBar share={progress ? shareDone(progress) : 0} label="Progress" className="h-1.5" />
    </span>
  );
}

function whenWords(job: Job, now: number): string {
  const start = Number(job.timeSlot);
  if (job.status === JobStatus.SCHEDULED) return start < now - 1_000 ? "waiting" : formatDistance(start, now);
  if (job.status === JobStatus.PROCESSING) return "now";
  return formatDistance(Number(job.finishedAtMs), now);
}
