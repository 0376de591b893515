import { useEffect, useState } from "react";
import { useJobActions } from "../../actions/JobActionsContext";
import { Button } from "../../components/Button";
import { Field } from "../../form/Field";
import { fromLocalField, toLocalField } from "../../form/localTime";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { exactlyOn, lanesOf } from "../../lib/lanes";
import { blockerWords, startOf } from "../../lib/slots";
import { sentence } from "../../lib/words/words";
import { useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { serverNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";

/** Moves a booking without dragging: to a time, or to the next free slot. */
export function MoveField({ job }: { job: Job }) {
  const actions = useJobActions();
  const { store } = useLiveContext();
  const viewer = useViewer();
  const start = startOf(job);
  const [wanted, setWanted] = useState(start);
  useEffect(() => setWanted(start), [start]);

  const now = serverNow(store);
  const own = new Map([[job.workerId, Number(job.durationMs)]]);
  const lanes = lanesOf(own, selectWorkers(store.get()), store.get().jobs, now);
  const blocker = exactlyOn(lanes, wanted, job.id)?.blocker;
  const refusal =
    wanted === start
      ? ""
      : wanted < now
        ? "That moment has passed."
        : blocker
          ? `${sentence(blockerWords(blocker, viewer, now))}.`
          : "";
  return (
    <div className="flex flex-wrap items-start gap-2">
      <Field label="Starts at" error={refusal || undefined} className="min-w-52 flex-1">
        {(attributes) => (
          <input
            {...attributes}
            type="datetime-local"
            step={wanted % 1000 === 0 ? 1 : 0.001}
            value={toLocalField(wanted)}
            onChange={(event) => setWanted(fromLocalField(event.target.value) ?? wanted)}
            className="field"
          />
        )}
      </Field>
      <Button className="mt-6 min-h-10" disabled={wanted === start} onClick={() => void actions.move(job, wanted)}>
        Move
      </Button>
      <Button className="mt-6 min-h-10" onClick={() => void actions.move(job, "next")}>
        Next free slot
      </Button>
    </div>
  );
}
