import { type ReactNode, useMemo, useState } from "react";
import { type Collapsed, collapsed } from "../../lib/series";
import { useLive } from "../../live/LiveContext";
import { selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import { AgendaRow } from "./AgendaRow";
import { groupsOf } from "./groups";

const firstUpcoming = 8;
const moreUpcoming = 50;
const lastEnded = 8;
/** The lists follow a busy timeline at this pace, in milliseconds. */
const redrawEvery = 250;

/** The timeline as a list: what runs, what comes, what has just been. Also the way around without a pointer. */
export function Agenda({ selectedId, onSelect }: { selectedId: string | undefined; onSelect: (id: string) => void }) {
  const jobs = useLiveEvery(selectJobs, redrawEvery);
  const { running, upcoming, ended, coming } = useMemo(() => {
    const groups = groupsOf(jobs.values());
    // A series is one entry of each list.
    return {
      running: groups.running.map((job) => ({ job, others: [] })),
      upcoming: collapsed(groups.upcoming),
      ended: collapsed(groups.ended),
      coming: groups.upcoming.length,
    };
  }, [jobs]);
  const total = useLive(({ scheduledTotal }) => scheduledTotal);
  const [shown, setShown] = useState(firstUpcoming);
  const rows = (entries: readonly Collapsed[]) =>
    entries.map(({ job, others }) => (
      <AgendaRow
        key={job.id}
        job={job}
        others={others.length}
        selected={job.id === selectedId || others.some(({ id }) => id === selectedId)}
        onSelect={onSelect}
      />
    ));
  return (
    <section aria-label="Schedule" className="card overflow-hidden">
      {running.length > 0 && <Group title="Running now">{rows(running)}</Group>}
      <Group title="Up next" count={upcoming.length === 0 ? "" : Math.max(total, coming).toLocaleString()}>
        {upcoming.length === 0 && (
          <li className="px-4 pb-4 text-ink-soft text-sm sm:px-5">
            Nothing is booked. The next moment could be yours.
          </li>
        )}
        {rows(upcoming.slice(0, shown))}
        {upcoming.length > shown && (
          <li className="px-4 pb-3 sm:px-5">
            <button
              type="button"
              onClick={() => setShown(shown + moreUpcoming)}
              className="-mx-2 min-h-9 rounded-lg px-2 font-medium text-accent-ink text-sm hover:underline pointer-coarse:min-h-11"
            >
              Show {Math.min(moreUpcoming, upcoming.length - shown)} more
            </button>
          </li>
        )}
      </Group>
      {ended.length > 0 && <Group title="Just finished">{rows(ended.slice(0, lastEnded))}</Group>}
    </section>
  );
}

function Group({ title, count, children }: { title: string; count?: string; children: ReactNode }) {
  return (
    <div className="border-line not-first:border-t">
      <h3 className="flex items-baseline gap-2 px-4 pt-3 pb-1.5 font-semibold text-sm sm:px-5">
        {title}
        {count && <span className="font-normal text-ink-faint">{count}</span>}
      </h3>
      <ul>{children}</ul>
    </div>
  );
}
