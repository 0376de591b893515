import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { pauseOf } from "../../lib/slots";
import { PauseStretch } from "./PauseStretch";
import type { View } from "./scale";

/** What the blocks stand on: the lanes, and the stretches in which a worker is paused. */
export function Ground(props: {
  view: View | undefined;
  now: number;
  workers: readonly Worker[];
  /** The lanes in sight; absent when there is one alone. */
  places: ReadonlyMap<string, number> | undefined;
  /** The lane under the pointer. */
  pointed: string | undefined;
}) {
  const { view, now, workers, places, pointed } = props;
  return (
    <div className="tl-ground">
      {places &&
        [...places].map(([id, place]) => (
          <div
            key={id}
            className={`tl-lane ${id === pointed ? "is-pointed" : ""}`}
            style={{ "--row": place } as object}
          />
        ))}
      {view &&
        workers.map((worker) => {
          const pause = places && !places.has(worker.id) ? undefined : pauseOf(worker, now);
          return (
            pause && (
              <PauseStretch key={worker.id} pause={pause} view={view} now={now} row={places?.get(worker.id) ?? 0} />
            )
          );
        })}
    </div>
  );
}
