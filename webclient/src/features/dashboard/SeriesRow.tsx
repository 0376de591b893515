import { memo, useState } from "react";
import { CancelSeries } from "../../actions/CancelSeries";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { StatusBadge } from "../../components/StatusBadge";
import { ZipLink } from "../../components/ZipLink";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Series } from "../../gen/comfyscheduler/v1/series_pb";
import { formatMoment, plural } from "../../lib/format";
import { seriesArchivePath, sightsOf } from "../../lib/results";
import type { Collapsed } from "../../lib/series";
import { useNow } from "../../live/now";
import { useSeriesJobs } from "../../live/useSeriesJobs";
import { OwnerCell, PictureCell, PromptCell } from "./cells";
import { GridRow, rowLooks } from "./GridRow";
import { type Sums, statusOf, sumsOf, sumsWords } from "./sums";

interface SeriesRowProps {
  readonly entry: Collapsed;
  /** How far the series is, where the server has told. */
  readonly told: Series | undefined;
  /** Whether a job of it belongs to what the grid shows. */
  readonly shows: (job: Job) => boolean;
  readonly onOpen: (jobId: string) => void;
}

/** A series as one entry of the grid, which unfolds into its jobs. */
export const SeriesRow = memo(function SeriesRow({ entry, told, shows, onOpen }: SeriesRowProps) {
  const [unfolded, setUnfolded] = useState(false);
  const jobs = [entry.job, ...entry.others];
  const sums = sumsOf(told, jobs);
  const status = statusOf(sums);
  const face = jobs.find((job) => sightsOf(job).length > 0) ?? entry.job;
  const { seriesId } = entry.job;
  return (
    <>
      <tr
        data-series={seriesId}
        className={`border-line border-b align-middle last:border-0 ${rowLooks[status] ?? ""}`}
      >
        <td className="w-20 py-2 pl-4">
          <span className="series-stack">
            <PictureCell job={face} onOpen={onOpen} />
          </span>
        </td>
        <td className="whitespace-nowrap px-3 py-2">
          <SeriesTime sums={sums} />
        </td>
        <td className="px-3 py-2 max-md:hidden">
          <OwnerCell job={entry.job} bare />
        </td>
        <td className="px-3 py-2 max-md:hidden">
          <SeriesStatus status={status} sums={sums} />
        </td>
        <td className="w-full min-w-0 py-2 pr-4 pl-3">
          <div className="mb-0.5 flex flex-wrap items-center gap-2 md:hidden">
            <OwnerCell job={entry.job} bare />
            <SeriesStatus status={status} sums={sums} />
          </div>
          <PromptCell job={entry.job} inSeries />
          <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1">
            <Button tone="bare" aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)} className="-ml-2 px-2!">
              <Icon name={unfolded ? "chevronUp" : "chevronDown"} className="size-4" />
              {unfolded ? "Hide its jobs" : `Show its ${plural(sums.total, "job")}`}
            </Button>
            {sums.completed > 0 && <ZipLink path={seriesArchivePath(seriesId)}>Zip</ZipLink>}
            <CancelSeries seriesId={seriesId} userId={entry.job.userId} rest={sums.scheduled + sums.running} />
          </div>
        </td>
      </tr>
      {unfolded && <SeriesJobs {...{ seriesId, shows, onOpen }} />}
    </>
  );
});

function SeriesJobs(props: { seriesId: string; shows: (job: Job) => boolean; onOpen: (jobId: string) => void }) {
  const jobs = useSeriesJobs(props.seriesId).filter(props.shows);
  return jobs.map((job) => <GridRow key={job.id} job={job} onOpen={props.onOpen} nested />);
}

function SeriesTime({ sums }: { sums: Sums }) {
  const now = useNow(60_000);
  return (
    <>
      <span className="font-medium">{formatMoment(sums.start, now)}</span>
      <span className="block text-ink-soft text-xs">until {formatMoment(sums.end, now)}</span>
    </>
  );
}

const parts = [
  ["completed", "bg-done"],
  ["failed", "bg-failed"],
  ["running", "bg-running"],
] as const;

function SeriesStatus({ status, sums }: { status: JobStatus; sums: Sums }) {
  const over = status !== JobStatus.PROCESSING && status !== JobStatus.SCHEDULED;
  return (
    <span className="inline-flex max-w-48 flex-col md:min-w-44 items-start gap-1">
      <StatusBadge status={status} />
      {!over && (
        <span aria-hidden="true" className="flex h-1.5 w-28 gap-px overflow-hidden rounded-full bg-sunken">
          {parts.map(([part, look]) => (
            <span key={part} className={look} style={{ width: `${(100 * sums[part]) / sums.total}%` }} />
          ))}
        </span>
      )}
      <span className="text-ink-soft text-xs">{sumsWords(sums)}</span>
    </span>
  );
}
