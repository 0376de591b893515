import { Link } from "react-router";
import { CancelSeries } from "../../actions/CancelSeries";
import { Icon, type IconName } from "../../components/Icon";
import { Thumbnail } from "../../components/Thumbnail";
import { ZipLink } from "../../components/ZipLink";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../../lib/format";
import { resultsOf, seriesArchivePath } from "../../lib/results";
import { slotOf } from "../../lib/slots";
import { statusWords } from "../../lib/words/words";
import { useNow } from "../../live/now";
import { hasEnded } from "../../live/state";
import { useSeriesJobs } from "../../live/useSeriesJobs";

/** The series that a job was booked with: each of its jobs, how far it is, and the way to take the rest of it back. */
export function SeriesCard({ job }: { job: Job }) {
  const jobs = useSeriesJobs(job.seriesId);
  const now = useNow();
  const ended = jobs.filter(hasEnded).length;
  const rest = jobs.length - ended;
  const end = Math.max(...jobs.filter((each) => !hasEnded(each)).map((each) => slotOf(each).end));
  return (
    <section aria-label="Series" className="grid gap-2.5 rounded-xl border border-line bg-raised p-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
        <h3 className="flex items-center gap-2 font-medium">
          <Icon name="stack" className="size-4 text-ink-faint" />
          {job.seriesIndex} of {jobs.length} in a series
        </h3>
        <p className="text-ink-soft">
          {rest === 0
            ? "all are over"
            : `${ended === 0 ? "none is over yet" : `${ended} over`}, the last is done by ${formatMoment(end, now)}`}
        </p>
        <div className="ml-auto flex flex-wrap items-center gap-x-3">
          {jobs.some(({ status }) => status === JobStatus.COMPLETED) && (
            <ZipLink path={seriesArchivePath(job.seriesId)}>The whole series as a zip</ZipLink>
          )}
          <CancelSeries seriesId={job.seriesId} userId={job.userId} rest={rest} />
        </div>
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(3.25rem,1fr))] gap-1.5">
        {jobs.map((each) => (
          <li key={each.id}>
            <SeriesTile job={each} current={each.id === job.id} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const icons: Partial<Record<JobStatus, IconName>> = {
  [JobStatus.SCHEDULED]: "clock",
  [JobStatus.PROCESSING]: "bolt",
  [JobStatus.FAILED]: "warning",
  [JobStatus.CANCELLED]: "close",
};
const looks: Partial<Record<JobStatus, string>> = {
  [JobStatus.PROCESSING]: "bg-running-wash text-running-ink",
  [JobStatus.FAILED]: "bg-failed-wash text-failed-ink",
};

function SeriesTile({ job, current }: { job: Job; current: boolean }) {
  const picture = resultsOf(job)[0]?.result;
  return (
    <Link
      to={`/?job=${job.id}`}
      replace
      aria-current={current}
      aria-label={`${job.seriesIndex}: ${statusWords[job.status]}`}
      className={`relative block aspect-square overflow-hidden rounded-lg ${
        current ? "outline-2 outline-accent outline-offset-1" : ""
      }`}
    >
      {picture && job.status === JobStatus.COMPLETED ? (
        <Thumbnail result={picture} stamp={job.finishedAtMs} alt="" className="size-full" />
      ) : (
        <span className={`grid size-full place-items-center ${looks[job.status] ?? "bg-sunken text-ink-faint"}`}>
          <Icon name={icons[job.status] ?? "file"} className="size-4" />
        </span>
      )}
      <span className="absolute bottom-0.5 left-0.5 rounded bg-black/60 px-1 font-medium text-[0.625rem] text-white">
        {job.seriesIndex}
      </span>
    </Link>
  );
}
