import { useState } from "react";
import { Link } from "react-router";
import { Button } from "../../components/Button";
import { JobBar } from "../../components/JobBar";
import { Lamp } from "../../components/Lamp";
import { LaneMark } from "../../components/LaneMark";
import { PromptLine } from "../../components/PromptLine";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { formatDistance, formatMoment } from "../../lib/format";
import { startOf } from "../../lib/slots";
import { deviceWords, type WorkerMood, workerMood, workerTitle } from "../../lib/words/worker";
import { useOwner } from "../../live/names";
import { useNow } from "../../live/now";
import { useProgress } from "../../live/progress";
import { selectRunning, selectUpcoming } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";

/** More workers than this are folded to the first few. */
const foldFrom = 12;
const foldedTo = 10;
/** The board follows a busy service at this pace, in milliseconds. */
const redrawEvery = 250;

/** Every worker at a glance: how it is, what it runs and what comes next. */
export function WorkerBoard(props: { workers: readonly Worker[]; onOpen: (id: string) => void }) {
  const { workers, onOpen } = props;
  const running = useLiveEvery(selectRunning, redrawEvery);
  const upcoming = useLiveEvery(selectUpcoming, redrawEvery);
  const [all, setAll] = useState(false);
  const folds = workers.length > foldFrom;
  const on = (jobs: readonly Job[], id: string) => jobs.find(({ workerId }) => workerId === id);
  return (
    <section aria-label="Workers" className="grid gap-3 sm:gap-4">
      <div
        className={`grid grid-cols-[repeat(auto-fit,minmax(min(15.5rem,100%),1fr))] gap-3 sm:gap-4 ${
          folds && !all ? "max-sm:[&>:nth-child(n+5)]:hidden" : ""
        }`}
      >
        {(all ? workers : workers.slice(0, folds ? foldedTo : foldFrom)).map((worker, place) => (
          <WorkerTile
            key={worker.id}
            worker={worker}
            place={place}
            running={on(running, worker.id)}
            next={on(upcoming, worker.id)}
            onOpen={() => onOpen(worker.id)}
          />
        ))}
      </div>
      {folds && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer workers" : `Show all ${workers.length} workers`}
          </Button>
          <Moods workers={workers} />
        </div>
      )}
    </section>
  );
}

/** How all workers are, where not all are in sight. */
function Moods({ workers }: { workers: readonly Worker[] }) {
  const now = useNow();
  const counts = new Map<string, { mood: WorkerMood; count: number }>();
  for (const worker of workers) {
    const mood = workerMood(worker, now);
    counts.set(mood.words, { mood, count: (counts.get(mood.words)?.count ?? 0) + 1 });
  }
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-ink-soft text-sm">
      {[...counts.values()].map(({ mood, count }) => (
        <span key={mood.words} className="flex items-center gap-1.5">
          <Lamp tone={mood.tone} />
          {count} {mood.words.toLowerCase()}
        </span>
      ))}
    </p>
  );
}

function WorkerTile(props: {
  worker: Worker;
  place: number;
  running: Job | undefined;
  next: Job | undefined;
  onOpen: () => void;
}) {
  const { worker, place, running, next, onOpen } = props;
  const now = useNow();
  const { tone, words } = workerMood(worker, now);
  return (
    <article data-hue={place % 8} className="card flex flex-col overflow-hidden border-t-(--lane) border-t-4">
      <button
        type="button"
        onClick={onOpen}
        className="flex items-center gap-2 px-4 pt-3 pb-2 text-left hover:bg-raised"
      >
        <LaneMark place={place} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-semibold">{workerTitle(worker)}</span>
          <span className="block truncate text-ink-faint text-xs">{deviceWords(worker.device) || "ComfyUI"}</span>
        </span>
        <span className="flex shrink-0 items-center gap-1.5 text-sm">
          <Lamp tone={tone} />
          {words}
        </span>
      </button>
      <div className="grid flex-1 grid-cols-[minmax(0,1fr)] content-start gap-2 border-line border-t px-4 py-3 text-sm">
        {running ? <Running job={running} /> : <p className="text-ink-faint">{worker.reason || "Nothing runs now"}</p>}
        {next && <Next job={next} now={now} />}
      </div>
    </article>
  );
}

function Running({ job }: { job: Job }) {
  const owner = useOwner(job);
  const now = useNow();
  const { end } = useProgress(job);
  return (
    <Link to={`/?job=${job.id}`} className="grid grid-cols-[minmax(0,1fr)] gap-1.5 hover:underline">
      <span className="flex items-baseline gap-2">
        <span className="max-w-[60%] shrink-0 truncate font-medium">{owner}</span>
        <span className="min-w-0 flex-1 truncate text-ink-soft">
          <PromptLine job={job} />
        </span>
        {end > now && <span className="whitespace-nowrap text-ink-soft text-xs">{formatMoment(end, now)}</span>}
      </span>
      <JobBar job={job} className="h-1.5" />
    </Link>
  );
}

function Next({ job, now }: { job: Job; now: number }) {
  const owner = useOwner(job);
  return (
    <Link to={`/?job=${job.id}`} className="flex items-baseline gap-2 text-ink-soft hover:underline">
      <span className="max-w-[60%] shrink-0 truncate">Next: {owner}</span>
      <span className="min-w-0 flex-1 truncate">
        <PromptLine job={job} />
      </span>
      <span className="shrink-0 text-xs">{formatDistance(startOf(job), now)}</span>
    </Link>
  );
}
