import { type ReactNode, useState } from "react";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { useLive } from "../../live/LiveContext";
import { selectEnded, selectRunning, selectUpcoming } from "../../live/selectors";
import { useLiveEvery } from "../../live/useLiveEvery";
import { AgendaRow } from "./AgendaRow";

const firstUpcoming = 8;
const moreUpcoming = 50;
const lastEnded = 8;
/** The lists follow a busy timeline at this pace, in milliseconds. */
const redrawEvery = 250;

/** The timeline as a list: what runs, what comes, what has just been. Also the way around without a pointer. */
export function Agenda({ selectedId, onSelect }: { selectedId: string | undefined; onSelect: (id: string) => void }) {
  const running = useLiveEvery(selectRunning, redrawEvery);
  const upcoming = useLiveEvery(selectUpcoming, redrawEvery);
  const ended = useLiveEvery(selectEnded, redrawEvery);
  const cut = useLive(({ scheduledUntil }) => scheduledUntil > 0);
  const [shown, setShown] = useState(firstUpcoming);
  const rows = (jobs: readonly Job[]) =>
    jobs.map(({ id }) => <AgendaRow key={id} id={id} selected={id === selectedId} onSelect={onSelect} />);
  return (
    <section aria-label="Schedule" className="card overflow-hidden">
      {running.length > 0 && <Group title="Running now">{rows(running)}</Group>}
      <Group title="Up next" count={upcoming.length === 0 ? "" : `${upcoming.length}${cut ? "+" : ""}`}>
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
              className="rounded font-medium text-accent-ink text-sm hover:underline"
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
