import type { JobActions } from "../../actions/useJobActions";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { StatusBadge } from "../../components/StatusBadge";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDistance, formatSlot } from "../../lib/format";
import { latenessWords } from "../../lib/lateness";
import { slotOf } from "../../lib/slots";
import { ownerWords } from "../../lib/words";
import { useLive } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { JobEditor } from "./JobEditor";
import { JobFacts } from "./JobFacts";
import { JobProgressBar } from "./JobProgressBar";
import { JobResults } from "./JobResults";
import { Preview } from "./Preview";
import { useJob } from "./useJob";

/** JobPanelProps tell which job, and where its buttons lead. */
export interface JobPanelProps {
  readonly jobId: string;
  readonly actions: JobActions;
  readonly focusPrompt: boolean;
  readonly onClose: () => void;
  readonly onReuse: (job: Job) => void;
  readonly onOpenPicture: (job: Job, picture: number) => void;
}

export function JobPanel(props: JobPanelProps) {
  const { job, error } = useJob(props.jobId);
  return (
    <section aria-label="Selected job" className="card flex flex-col gap-4 p-4 sm:p-5">
      <div className="flex items-start justify-between gap-2">
        {job ? <Heading job={job} /> : <span />}
        <Button tone="bare" onClick={props.onClose} className="-mt-1 -mr-2">
          <Icon name="plus" className="size-4" />
          New booking
        </Button>
      </div>
      {error && <p role="alert">{error}</p>}
      {!job && !error && <div className="h-64 animate-pulse rounded-xl bg-sunken" />}
      {job && <JobBody key={job.id} job={job} {...props} />}
    </section>
  );
}

function JobBody({ job, actions, focusPrompt, onReuse, onOpenPicture }: JobPanelProps & { job: Job }) {
  const myId = useLive(({ me }) => me?.id);
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const workflow = useLive((state) => state.workflows.find(({ id }) => id === job.workflowId));
  const mine = job.userId === myId;
  const scheduled = job.status === JobStatus.SCHEDULED;
  const running = job.status === JobStatus.PROCESSING;
  const pictured = running || job.results.length > 0;
  const editing = mine && scheduled && workflow !== undefined;
  return (
    <>
      {job.error && (
        <div role="alert" className="rounded-lg border-failed border-l-4 bg-failed-wash px-3 py-2">
          <p className="font-medium text-failed-ink">The generation failed.</p>
          <p className="text-sm">{job.error.message}</p>
        </div>
      )}
      {editing ? (
        <JobEditor job={job} workflow={workflow} actions={actions} focusPrompt={focusPrompt} />
      ) : (
        <div className={`grid gap-x-6 gap-y-4 ${pictured ? "md:grid-cols-2" : ""}`}>
          {running && <Preview jobId={job.id} />}
          {job.results.length > 0 && <JobResults job={job} onOpen={(picture) => onOpenPicture(job, picture)} />}
          <div className="flex min-w-0 flex-col gap-4">
            {running && <JobProgressBar job={job} />}
            {job.hidden ? (
              <p className="flex items-start gap-2 text-ink-soft">
                <Icon name="lock" className="mt-0.5 shrink-0" />
                Private: its owner and administrators see what is in this booking.
              </p>
            ) : (
              <p className="max-h-48 overflow-y-auto whitespace-pre-wrap break-words">{job.prompt}</p>
            )}
            <JobFacts job={job} />
            <div className="flex flex-wrap gap-2">
              {!job.hidden && (
                <Button onClick={() => onReuse(job)}>
                  <Icon name="repeat" className="size-4" />
                  Book with these settings
                </Button>
              )}
              {(running || scheduled) && (mine || administrator) && (
                <Button tone="danger" disabled={job.cancelRequested} onClick={() => void actions.cancel(job)}>
                  {job.cancelRequested ? "Cancelling…" : running ? "Cancel job" : "Cancel booking"}
                </Button>
              )}
            </div>
          </div>
        </div>
      )}
    </>
  );
}

/** Whose job it is, when it is, and in words what is unusual about it. */
function Heading({ job }: { job: Job }) {
  const mine = useLive(({ me }) => me?.id === job.userId);
  const now = useNow();
  const slot = slotOf(job);
  const lateness = latenessWords(job, now);
  return (
    <div>
      <h2 className="flex flex-wrap items-center gap-x-3 font-semibold text-lg">
        {mine ? "Your booking" : `Booked by ${ownerWords(job, undefined)}`}
        <StatusBadge status={job.status} />
      </h2>
      <p className="text-ink-soft">
        {formatSlot(slot, now)}
        {job.status === JobStatus.SCHEDULED && <span className="text-ink"> · {startWords(slot.start, now)}</span>}
      </p>
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
