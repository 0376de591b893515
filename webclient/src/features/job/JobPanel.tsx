import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { StatusBadge } from "../../components/StatusBadge";
import { WorkerName } from "../../components/WorkerName";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDistance, formatSlot } from "../../lib/format";
import { slotOf } from "../../lib/slots";
import { latenessWords } from "../../lib/words/lateness";
import { forwardWords, isMovable, promiseWords } from "../../lib/words/promise";
import { useLive } from "../../live/LiveContext";
import { useUserName } from "../../live/names";
import { useNow } from "../../live/now";
import { JobBody } from "./JobBody";
import type { JobLinks } from "./jobLinks";
import { SeriesCard } from "./SeriesCard";
import { useJob } from "./useJob";

/** The selected job: what it is and how it goes, to edit or to look at. */
export function JobPanel({ jobId, ...rest }: JobLinks & { jobId: string; focusPrompt: boolean }) {
  const { job, error } = useJob(jobId);
  return (
    <section aria-label="Selected job" className="card flex flex-col gap-4 p-4 sm:p-5">
      <div className="flex items-start justify-between gap-2">
        {job ? <Heading job={job} /> : <span />}
        <Button tone="bare" onClick={rest.onClose} className="-mt-1 -mr-2">
          <Icon name="plus" className="size-4" />
          New booking
        </Button>
      </div>
      {error && <p role="alert">{error}</p>}
      {!job && !error && <div className="h-64 animate-pulse rounded-xl bg-sunken" />}
      {job && job.seriesId !== "" && <SeriesCard key={job.seriesId} job={job} />}
      {job && <JobBody key={job.id} {...rest} job={job} />}
    </section>
  );
}

/** Whose job it is, when it is, and in words what is unusual about it. */
function Heading({ job }: { job: Job }) {
  const mine = useLive(({ me }) => me?.id === job.userId);
  const name = useUserName(job);
  const now = useNow();
  const slot = slotOf(job);
  const lateness = latenessWords(job, now);
  const promise = promiseWords(job);
  const movable = promise !== "" && isMovable(job) && forwardWords(job) === "";
  return (
    <div>
      <h2 className="flex flex-wrap items-center gap-x-3 font-semibold text-lg">
        {mine ? "Your booking" : `Booked by ${name}`}
        <StatusBadge status={job.status} />
      </h2>
      <p className="text-ink-soft">
        <WorkerName id={job.workerId} className="mr-2 align-bottom" />
        {formatSlot(slot, now)}
        {job.status === JobStatus.SCHEDULED && <span className="text-ink"> · {startWords(slot.start, now)}</span>}
      </p>
      {promise && (
        <p className="mt-1 flex items-start gap-1.5 text-done-ink text-sm">
          <Icon name="bolt" className="mt-0.5 size-4 shrink-0" />
          {promise}
          {movable && " if the GPU is free"}.
        </p>
      )}
      {lateness.map((words) => (
        <p key={words} className="mt-1 flex items-start gap-1.5 font-medium text-running-ink text-sm">
          <Icon name="late" className="mt-0.5 size-4 shrink-0" />
          {words}
        </p>
      ))}
    </div>
  );
}

function startWords(start: number, now: number): string {
  return start > now ? `starts ${formatDistance(start, now)}` : "waiting for ComfyUI";
}
