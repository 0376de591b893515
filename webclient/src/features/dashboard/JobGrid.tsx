import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Check } from "../../components/Check";
import { ListEnd } from "../../components/ListEnd";
import { ZipLink } from "../../components/ZipLink";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { plural } from "../../lib/format";
import { ownArchivePath } from "../../lib/results";
import { collapsed } from "../../lib/series";
import { useLive } from "../../live/LiveContext";
import { selectUpcoming } from "../../live/selectors";
import { GridTable } from "./GridTable";
import { type GridOrder, type JobQuery, nowFirst, rowsOf } from "./query";
import { useKnownJobs } from "./useKnownJobs";
import { useSeriesSums } from "./useSeriesSums";

const ended = [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED];
const filters = {
  All: [],
  Scheduled: [JobStatus.SCHEDULED],
  Processing: [JobStatus.PROCESSING],
  Completed: [JobStatus.COMPLETED],
  Failed: [JobStatus.FAILED],
  Cancelled: [JobStatus.CANCELLED],
} satisfies Record<string, JobStatus[]>;

type Filter = keyof typeof filters;

/** Every job there is: now first, by slot, or filtered. A thumbnail opens the pictures of all rows, that of its job first. */
export function JobGrid({ onOpenPicture }: { onOpenPicture: (jobs: readonly Job[], jobId: string) => void }) {
  const [filter, setFilter] = useState<Filter>("All");
  const [mine, setMine] = useState(false);
  const [order, setOrder] = useState<GridOrder>("now");
  const myId = useLive(({ me }) => me?.id ?? "");
  const fromNow = order === "now" && filter === "All";

  const query = useMemo<JobQuery>(
    () => ({
      statuses: fromNow ? ended : filters[filter],
      userId: mine ? myId : "",
      descending: order === "now" ? filter !== "Scheduled" : order === "desc",
    }),
    [fromNow, filter, mine, myId, order],
  );
  const { known, more, phase, error, loadMore } = useKnownJobs(query);
  const { entries, hidden } = useMemo(
    () => (fromNow ? nowFirst(known, query) : { entries: collapsed(rowsOf(known, query)), hidden: 0 }),
    [fromNow, known, query],
  );
  const sums = useSeriesSums(
    query.userId,
    entries.some(({ others }) => others.length > 0),
  );
  const latest = useRef(entries);
  useEffect(() => {
    latest.current = entries;
  }, [entries]);
  // One function for as long as the page: rows are memoised.
  const open = useCallback(
    (jobId: string) =>
      onOpenPicture(
        latest.current.flatMap(({ job, others }) => [job, ...others]),
        jobId,
      ),
    [onOpenPicture],
  );
  const shows = useCallback(
    (job: Job) => filters[filter].length === 0 || filters[filter].some((status) => status === job.status),
    [filter],
  );
  // Of very many bookings the live state holds the next ones only.
  const unknown = useLive((state) => state.scheduledTotal - selectUpcoming(state).length);
  const toCome = hidden + (mine || !fromNow ? 0 : Math.max(0, unknown));

  return (
    <section aria-label="Jobs" className="card min-w-0 overflow-hidden">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pt-4 pb-3">
        <h2 className="font-semibold">Jobs</h2>
        <fieldset className="flex flex-wrap gap-1">
          <legend className="sr-only">Status</legend>
          {(Object.keys(filters) as Filter[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === filter}
              onClick={() => setFilter(name)}
              className={`rounded-full px-3 py-1 font-medium text-sm transition-colors ${
                name === filter ? "bg-accent-wash text-accent-ink" : "text-ink-soft hover:bg-sunken"
              }`}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <div className="ml-auto flex flex-wrap items-center gap-x-4 text-sm">
          {mine && <ZipLink path={ownArchivePath}>Download all of mine</ZipLink>}
          <Check label="Only mine" checked={mine} onChange={setMine} />
        </div>
      </div>
      <GridTable entries={entries} {...{ sums, shows, order }} onOrder={setOrder} onOpen={open} />
      {toCome > 0 && (
        <p className="px-4 py-2 text-ink-soft text-sm">
          {plural(toCome, "more booking")} to come.{" "}
          <button type="button" onClick={() => setFilter("Scheduled")} className="text-accent-ink underline">
            Show them
          </button>
        </p>
      )}
      <ListEnd
        empty={entries.length === 0 && <NoJobs />}
        moreLabel="Show older jobs"
        {...{ phase, error, more }}
        onMore={loadMore}
      />
    </section>
  );
}

function NoJobs() {
  return (
    <div className="py-6">
      <p className="font-medium text-base text-ink">No jobs here yet</p>
      <p>Book a slot on the scheduler and it shows up by itself.</p>
    </div>
  );
}
