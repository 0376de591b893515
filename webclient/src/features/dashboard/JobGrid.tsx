import { lazy, Suspense, useMemo, useState } from "react";
import { ListEnd } from "../../components/ListEnd";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { plural } from "../../lib/format";
import { useLive } from "../../live/LiveContext";
import { selectRunning, selectUpcoming } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import { GridTable } from "./GridTable";
import type { JobQuery } from "./query";
import { redrawEvery, useJobRows } from "./useJobRows";

const Lightbox = lazy(() => import("../lightbox/Lightbox"));

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

/** How the grid is ordered: by slot either way, or with what matters now on top. */
export type GridOrder = "now" | "desc" | "asc";

/** Bookings shown above the history while the grid begins with now. */
const nextFew = 3;

/** Every job there is: now first, by slot, or filtered; the thumbnail opens the picture. */
export function JobGrid() {
  const [filter, setFilter] = useState<Filter>("All");
  const [mine, setMine] = useState(false);
  const [order, setOrder] = useState<GridOrder>("now");
  const [openId, setOpenId] = useState<string>();
  const myId = useLive(({ me }) => me?.id ?? "");
  const nowFirst = order === "now" && filter === "All";

  const query = useMemo<JobQuery>(
    () => ({
      statuses: nowFirst ? ended : filters[filter],
      userId: mine ? myId : "",
      descending: order === "now" ? filter !== "Scheduled" : order === "desc",
    }),
    [nowFirst, filter, mine, myId, order],
  );
  const { rows, more, phase, error, loadMore } = useJobRows(query);
  const running = useLiveEvery(selectRunning, redrawEvery);
  const upcoming = useLiveEvery(selectUpcoming, redrawEvery);
  const mineOnly = <T extends { userId: string }>(jobs: readonly T[]) =>
    mine ? jobs.filter(({ userId }) => userId === myId) : jobs;
  const coming = mineOnly(upcoming);
  const listed = nowFirst ? [...mineOnly(running), ...coming.slice(0, nextFew), ...rows] : rows;

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
        <label className="ml-auto flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={mine}
            onChange={(event) => setMine(event.target.checked)}
            className="size-4 accent-accent"
          />
          Only mine
        </label>
      </div>
      <GridTable jobs={listed} order={order} onOrder={setOrder} onOpen={setOpenId} />
      {nowFirst && coming.length > nextFew && (
        <p className="px-4 py-2 text-ink-soft text-sm">
          {plural(coming.length - nextFew, "more booking")} to come.{" "}
          <button type="button" onClick={() => setFilter("Scheduled")} className="text-accent-ink underline">
            Show them
          </button>
        </p>
      )}
      <ListEnd
        empty={listed.length === 0 && <NoJobs />}
        moreLabel="Show older jobs"
        {...{ phase, error, more }}
        onMore={loadMore}
      />
      {openId !== undefined && (
        <Suspense>
          <Lightbox jobs={listed} jobId={openId} onClose={() => setOpenId(undefined)} />
        </Suspense>
      )}
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
