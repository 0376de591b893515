import { useId } from "react";
import { formatDuration } from "../../lib/format";
import type { SlotDurations } from "../../lib/lanes";
import { workerTitle } from "../../lib/words/worker";
import { useLive } from "../../live/LiveContext";
import { selectWorkers } from "../../live/selectors";

/** On which worker, where there is a choice: any that is free first, or one of those that can run it. */
export function WhereField(props: {
  /** Length of a slot on each that can run it. */
  durations: SlotDurations;
  chosen: string | undefined;
  onChoose: (workerId: string | undefined) => void;
}) {
  const { durations, chosen, onChoose } = props;
  const workers = useLive(selectWorkers);
  const id = useId();
  if (workers.length < 2) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <label htmlFor={id} className="font-medium text-sm">
        Where
      </label>
      <select
        id={id}
        value={chosen ?? ""}
        onChange={(event) => onChoose(event.target.value || undefined)}
        className="field w-auto min-w-0 max-w-full flex-1 py-1.5 text-sm"
      >
        <option value="">Wherever it is done first</option>
        {workers
          .filter(({ id }) => durations.has(id))
          .map((worker) => (
            <option key={worker.id} value={worker.id}>
              {workerTitle(worker)}, {formatDuration(durations.get(worker.id) ?? 0)} a slot
            </option>
          ))}
      </select>
    </div>
  );
}
