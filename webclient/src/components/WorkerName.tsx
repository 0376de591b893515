import { workerTitle } from "../lib/words/worker";
import { useLive } from "../live/LiveContext";
import { selectWorkers } from "../live/selectors";
import { LaneMark } from "./LaneMark";

/** Where a job runs, where there is a choice: a service with one worker does not speak of it. */
export function WorkerName(props: {
  id: string;
  /** The mark alone. */
  bare?: boolean;
  /** A word before it. */
  before?: string;
  className?: string;
}) {
  const { id, bare, before, className = "" } = props;
  const workers = useLive(selectWorkers);
  const place = workers.findIndex((worker) => worker.id === id);
  if (workers.length < 2 || id === "") return null;
  const title = workerTitle(workers[place] ?? { id });
  return (
    <span title={title} className={`inline-flex min-w-0 items-center gap-1.5 ${className}`}>
      {before}
      {place >= 0 && <LaneMark place={place} />}
      <span className={bare ? "sr-only" : "truncate"}>{title}</span>
    </span>
  );
}
