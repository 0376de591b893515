import { useJobActions } from "../../actions/JobActionsContext";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { useLive } from "../../live/LiveContext";
import { JobFacts } from "./JobFacts";
import { JobProgressBar } from "./JobProgressBar";
import { JobResults } from "./JobResults";
import type { JobLinks } from "./jobLinks";
import { Preview } from "./Preview";

/** A job to look at: its picture or the one in the making, its prompt, how it goes, and what can be done with it. */
export function JobView(props: Pick<JobLinks, "onReuse" | "onOpenPicture"> & { job: Job; mine: boolean }) {
  const { job, mine, onReuse, onOpenPicture } = props;
  const actions = useJobActions();
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const scheduled = job.status === JobStatus.SCHEDULED;
  const running = job.status === JobStatus.PROCESSING;
  const pictured = running || job.results.length > 0;
  return (
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
        ) : job.prompt === "" ? null : (
          <p dir="auto" className="max-h-48 overflow-y-auto whitespace-pre-wrap [overflow-wrap:anywhere]">
            {job.prompt}
          </p>
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
  );
}
