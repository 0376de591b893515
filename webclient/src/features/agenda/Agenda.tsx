import { type ReactNode, useMemo, useState } from "react";
import { type Collapsed, collapsed } from "../../lib/series";
import { useLive } from "../../live/LiveContext";
import { selectJobs } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import { AgendaRow } from "./AgendaRow";
import { groupsOf } from "./groups";

/** Of what runs and of what comes so many are shown at first. */
const first = 8;
const step = 50;
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
      {running.length > 0 && (
        <Group title="Running now" count={running.length > first ? running.length.toLocaleString() : ""}>
          <Some entries={running} rows={rows} />
        </Group>
      )}
      <Group title="Up next" count={upcoming.length === 0 ? "" : Math.max(total, coming).toLocaleString()}>
        {upcoming.length === 0 && (
          <li className="px-4 pb-4 text-ink-soft text-sm sm:px-5">
            Nothing is booked. The next moment could be yours.
          </li>
        )}
        <Some entries={upcoming} rows={rows} />
      </Group>
      {ended.length > 0 && <Group title="Just finished">{rows(ended.slice(0, lastEnded))}</Group>}
    </section>
  );
}

/** The first entries of a list, and more for who asks. */
function Some(props: { entries: readonly Collapsed[]; rows: (entries: readonly Collapsed[]) => ReactNode }) {
  const { entries, rows } = props;
  const [shown, setShown] = useState(first);
  const left = entries.length - shown;
  return (
    <>
      {rows(entries.slice(0, shown))}
      {left > 0 && (
        <li className="px-4 pb-3 sm:px-5">
          <button
            type="button"
            onClick={() => setShown(shown + step)}
            className="-mx-2 min-h-9 rounded-lg px-2 font-medium text-accent-ink text-sm hover:underline pointer-coarse:min-h-11"
          >
            Show {Math.min(step, left)} more
          </button>
        </li>
      )}
    </>
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
