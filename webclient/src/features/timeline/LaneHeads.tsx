import { Icon } from "../../components/Icon";
import { Lamp } from "../../components/Lamp";
import { LaneMark } from "../../components/LaneMark";
import { workerMood, workerTitle } from "../../lib/words/worker";
import type { Row } from "./rows";

/** LaneHeadsProps are the lanes of the timeline, of which those at `places` are in sight. */
export interface LaneHeadsProps {
  readonly rows: readonly Row[];
  readonly places: ReadonlyMap<string, number>;
  /** How busy each is in what is shown, from 0 to 1. */
  readonly loads: ReadonlyMap<string, number>;
  readonly now: number;
  readonly onWorker: (id: string) => void;
}

/** Whose lane is whose, how each worker is and how busy. */
export function LaneHeads({ rows, places, loads, now, onWorker }: LaneHeadsProps) {
  return (
    <ul aria-label="Lanes" className="tl-heads">
      {[...places].map(([id, place]) => (
        <LaneHead
          key={id}
          row={rows[place] ?? { id }}
          place={place}
          load={loads.get(id) ?? 0}
          now={now}
          onOpen={() => onWorker(id)}
        />
      ))}
    </ul>
  );
}

function LaneHead(props: { row: Row; place: number; load: number; now: number; onOpen: () => void }) {
  const { row, place, load, now, onOpen } = props;
  const { tone, words } = workerMood(row.worker, now);
  const title = workerTitle(row.worker ?? row);
  const percent = Math.round(load * 100);
  return (
    <li className="tl-head" data-hue={place % 8} style={{ "--row": place } as object}>
      <button
        type="button"
        onClick={onOpen}
        disabled={!row.worker}
        title={`${title}: ${words}. ${percent} % of what is shown is booked.`}
        className="tl-head-button group"
      >
        <LaneMark place={place} />
        <span className="tl-head-text">
          <span className="tl-head-title">{title}</span>
          <span className="tl-head-mood">
            <Lamp tone={tone} />
            <span className="truncate">{words}</span>
          </span>
        </span>
        <span className="tl-head-load">
          <span className="text-ink-soft text-xs">
            <span className="sr-only">, </span>
            {percent} %<span className="sr-only"> booked</span>
          </span>
          <span aria-hidden="true" className="tl-head-bar">
            <span style={{ transform: `scaleX(${load})` }} />
          </span>
        </span>
        <Icon name="chevronRight" className="size-3.5 shrink-0 text-ink-faint max-sm:hidden" />
      </button>
    </li>
  );
}
