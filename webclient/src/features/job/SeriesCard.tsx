import { useEffect, useMemo, useState } from "react";
import { Link } from "react-router";
import { Confirm } from "../../components/Confirm";
import { Icon, type IconName } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import { Thumbnail } from "../../components/Thumbnail";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { resultsOf } from "../../lib/results";
import { ofSeries } from "../../lib/series";
import { slotOf } from "../../lib/slots";
import { statusWords } from "../../lib/words/words";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { selectJobs } from "../../live/selectors";
import { hasEnded } from "../../live/state";
import { useLiveEvery } from "../../live/useLiveEvery";

const redrawEvery = 250;

/** The series that a job was booked with: each of its jobs, how far it is, and the way to take the rest of it back. */
export function SeriesCard({ job }: { job: Job }) {
  const jobs = useSeriesJobs(job.seriesId);
  const { api } = useLiveContext();
  const notify = useNotify();
  const now = useNow();
  const may = useLive(({ me }) => me?.id === job.userId || (me?.administrator ?? false));
  const ended = jobs.filter(hasEnded).length;
  const rest = jobs.length - ended;
  const end = Math.max(...jobs.filter((each) => !hasEnded(each)).map((each) => slotOf(each).end));
  const cancel = async () => {
    try {
      await api.scheduler.cancelSeries({ seriesId: job.seriesId });
      notify({ about: job.seriesId, tone: "plain", title: "The rest of the series is cancelled." });
    } catch (cause) {
      notify({ about: job.seriesId, tone: "bad", title: "Not cancelled.", detail: problemOf(cause).message });
    }
  };
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
        {may && rest > 0 && (
          <div className="ml-auto">
            <Confirm
              tone="danger"
              question={`Cancel the ${rest === 1 ? "one that is" : `${rest} that are`} not over?`}
              yes="Cancel them"
              onYes={() => void cancel()}
            >
              Cancel the rest
            </Confirm>
          </div>
        )}
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

/** The jobs of a series: as the live state has them, and those that it has not, asked for once. */
function useSeriesJobs(seriesId: string): readonly Job[] {
  const { api } = useLiveContext();
  const live = useLiveEvery(selectJobs, redrawEvery);
  const [fetched, setFetched] = useState<readonly Job[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    setFetched([]);
    api.scheduler.listJobs({ seriesId, pageSize: 100 }, { signal: stop.signal }).then(
      ({ jobs }) => setFetched(jobs),
      () => undefined, // the live state has those that matter
    );
    return () => stop.abort();
  }, [api, seriesId]);
  return useMemo(() => {
    const jobs = new Map(fetched.map((job) => [job.id, job]));
    for (const job of live.values()) if (job.seriesId === seriesId) jobs.set(job.id, job);
    return ofSeries(jobs.values(), seriesId);
  }, [fetched, live, seriesId]);
}
