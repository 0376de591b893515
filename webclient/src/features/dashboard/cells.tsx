import { useState } from "react";
import { Link } from "react-router";
import { Icon } from "../../components/Icon";
import { JobBar } from "../../components/JobBar";
import { PromptLine } from "../../components/PromptLine";
import { SeriesTag } from "../../components/SeriesTag";
import { StatusBadge } from "../../components/StatusBadge";
import { Tag } from "../../components/Tag";
import { Thumbnail } from "../../components/Thumbnail";
import { WorkerName } from "../../components/WorkerName";
import { type Job, JobStatus, ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import { formatDuration, formatFull, formatMoment } from "../../lib/format";
import { resultsOf, sightsOf } from "../../lib/results";
import { startOf } from "../../lib/slots";
import { latenessWords } from "../../lib/words/lateness";
import { promptLine } from "../../lib/words/words";
import { useLive } from "../../live/LiveContext";
import { useUserName } from "../../live/names";
import { useNow } from "../../live/now";
import { useWhole } from "../../live/useWhole";

/** A prompt longer than this is cut until somebody asks for all of it. */
const cut = 110;

export function PictureCell({ job, onOpen }: { job: Job; onOpen: (jobId: string) => void }) {
  const [main] = resultsOf(job);
  const [sight] = sightsOf(job);
  const more = job.results.length - 1;
  // A picture gives way to the wide column of prompts unless it is told not to.
  const size = "size-16 max-w-none max-sm:size-12";
  const look = "relative block w-fit overflow-hidden rounded-lg transition-transform hover:scale-105";
  const count = more > 0 && (
    <span className="absolute right-1 bottom-1 rounded bg-black/65 px-1 font-medium text-[0.6875rem] text-white leading-4">
      +{more}
    </span>
  );
  if (sight)
    return (
      <button
        type="button"
        onClick={() => onOpen(job.id)}
        aria-label={sight.result.kind === ResultKind.VIDEO ? "Open the video" : "Open the picture"}
        className={`cursor-zoom-in ${look}`}
      >
        <Thumbnail result={sight.result} stamp={job.finishedAtMs} alt="" className={size} />
        {count}
      </button>
    );
  if (main)
    return (
      <Link to={`/?job=${job.id}`} aria-label="Show the results" className={look}>
        <Thumbnail result={main.result} stamp={job.finishedAtMs} alt="" className={size} />
        {count}
      </Link>
    );
  return (
    <span
      className={`flex w-16 flex-col items-center justify-center rounded-lg border border-line-strong border-dashed px-2
        text-ink-faint max-sm:w-12 ${job.status === JobStatus.SCHEDULED ? "h-10" : "h-16 max-sm:h-12"}`}
    >
      <Icon name={job.status === JobStatus.FAILED ? "warning" : job.hidden ? "lock" : "image"} />
      {job.status === JobStatus.PROCESSING && <JobBar job={job} className="mt-1.5 h-1.5 w-full bg-surface" />}
    </span>
  );
}

export function TimeCell({ job }: { job: Job }) {
  const now = useNow(60_000);
  const start = startOf(job);
  const [started, finished] = [Number(job.startedAtMs), Number(job.finishedAtMs)];
  return (
    <>
      <Link
        to={`/?job=${job.id}`}
        title={`${formatFull(start)}. Show on the timeline`}
        className="font-medium hover:underline"
      >
        {formatMoment(start, now)}
      </Link>
      <span className="block text-ink-soft text-xs">
        {started > 0 && finished > 0
          ? `took ${formatDuration(finished - started)}`
          : `${formatDuration(Number(job.durationMs))} slot`}
      </span>
    </>
  );
}

/** Whose job it is, and where it runs; `bare` without the latter. */
export function OwnerCell({ job, bare }: { job: Job; bare?: boolean }) {
  const mine = useLive(({ me }) => me?.id === job.userId);
  const name = useUserName(job);
  return (
    <span className="whitespace-nowrap font-medium" title={`User ${job.userId}`}>
      {!bare && <WorkerName id={job.workerId} bare className="mr-1.5 align-bottom" />}
      <span className="inline-block max-w-40 truncate align-bottom max-md:max-w-[5.5rem]">{name}</span>
      {mine && <Tag className="ml-1.5">You</Tag>}
    </span>
  );
}

export function StatusCell({ job }: { job: Job }) {
  const now = useNow();
  const late = latenessWords(job, now)[0];
  return (
    <span className="inline-flex flex-col items-start gap-1">
      <StatusBadge status={job.status} />
      {late && (
        <span title={late} className="flex min-w-36 max-w-48 items-start gap-1 text-running-ink text-xs">
          <Icon name="late" className="mt-0.5 size-3.5 shrink-0" />
          <span className="line-clamp-3">{late}</span>
        </span>
      )}
    </span>
  );
}

/** What a job makes, and that it is one of a series, unless it stands below that. */
export function PromptCell({ job, inSeries }: { job: Job; inSeries?: boolean }) {
  const [open, setOpen] = useState(false);
  const line = promptLine(job);
  const long = line.length > cut;
  return (
    <div dir="auto" className="[overflow-wrap:anywhere]">
      {open ? (
        <WholePrompt job={job} />
      ) : (
        <span className="max-md:line-clamp-3">
          {job.hidden ? <PromptLine job={job} /> : long ? `${line.slice(0, cut).trimEnd()}…` : line}
        </span>
      )}
      {long && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="ml-1.5 rounded text-accent-ink text-xs hover:underline"
        >
          {open ? "Show less" : "Show all"}
        </button>
      )}
      {!inSeries && job.seriesIndex > 0 && (
        <span className="ml-1.5 inline-block align-middle">
          <SeriesTag job={job} />
        </span>
      )}
      {job.error && <p className="mt-0.5 text-failed-ink text-xs">{job.error.message}</p>}
    </div>
  );
}

function WholePrompt({ job }: { job: Job }) {
  const { whole, error } = useWhole(job);
  return (
    <>
      <span className="whitespace-pre-wrap">{(whole ?? job).prompt}</span>
      {!whole && error && <span className="block text-failed-ink text-xs">{error}</span>}
    </>
  );
}
