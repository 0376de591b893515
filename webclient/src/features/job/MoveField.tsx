import { useEffect, useState } from "react";
import { useJobActions } from "../../actions/JobActionsContext";
import { Button } from "../../components/Button";
import { Field } from "../../form/Field";
import { MomentInput } from "../../form/MomentInput";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { exactlyOn, lanesOf, onWorker } from "../../lib/lanes";
import { blockerWords, startOf } from "../../lib/slots";
import { fullSentence } from "../../lib/words/words";
import { workerTitle } from "../../lib/words/worker";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { serverNow } from "../../live/now";
import { jobDurations, selectWorkers } from "../../live/selectors";

/** Moves a booking without dragging: to a time, to another worker, or to the next free slot. */
export function MoveField({ job }: { job: Job }) {
  const actions = useJobActions();
  const { store } = useLiveContext();
  const viewer = useViewer();
  const workers = useLive(selectWorkers);
  const workflows = useLive((state) => state.workflows);
  const start = startOf(job);
  const [wanted, setWanted] = useState(start);
  const [on, setOn] = useState(job.workerId);
  useEffect(() => setWanted(start), [start]);
  useEffect(() => setOn(job.workerId), [job.workerId]);

  const now = serverNow(store);
  const durations = jobDurations(job, workflows);
  const able = workers.filter(({ id }) => durations.has(id));
  const lanes = lanesOf(onWorker(durations, on), selectWorkers(store.get()), store.get().jobs, now);
  const blocker = exactlyOn(lanes, wanted, job.id)?.blocker;
  const same = wanted === start && on === job.workerId;
  const past = wanted < now ? "That moment has passed." : "";
  const refusal = same ? "" : past || (blocker ? fullSentence(blockerWords(blocker, viewer, now)) : "");
  const other = on === job.workerId ? undefined : on;
  return (
    <div className="flex flex-wrap items-start gap-2">
      <Field label="Starts at" error={refusal || undefined} className="min-w-52 flex-1">
        {(attributes) => <MomentInput {...attributes} at={wanted} to="second" onChange={setWanted} className="field" />}
      </Field>
      {able.length > 1 && (
        <Field label="On" className="min-w-36 flex-1">
          {(attributes) => (
            <select {...attributes} value={on} onChange={(event) => setOn(event.target.value)} className="field">
              {able.map((worker) => (
                <option key={worker.id} value={worker.id}>
                  {workerTitle(worker)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Button className="mt-6 min-h-10" disabled={same} onClick={() => void actions.move(job, wanted, other)}>
        Move
      </Button>
      <Button className="mt-6 min-h-10" onClick={() => void actions.move(job, "next", other)}>
        Next free slot
      </Button>
    </div>
  );
}
