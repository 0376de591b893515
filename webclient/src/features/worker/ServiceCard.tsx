import { useState } from "react";
import { Banner } from "../../components/Banner";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Icon } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import { WorkerName } from "../../components/WorkerName";
import { Field } from "../../form/Field";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import type { PlannedMove } from "../../gen/comfyscheduler/v1/worker_service_pb";
import { formatSlot, plural } from "../../lib/format";
import { momentsOf } from "../../lib/slots";
import { useCall } from "../../lib/useCall";
import { workerTitle } from "../../lib/words/worker";
import { useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";

/** Takes a worker out of service, by a plan that is shown before, and returns it. */
export function ServiceCard({ worker }: { worker: Worker }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const [reason, setReason] = useState("");
  const [plan, setPlan] = useState<readonly PlannedMove[]>();
  const { busy, problem, run } = useCall();
  const title = workerTitle(worker);

  const take = (validateOnly: boolean) =>
    run(async () => {
      const request = { workerId: worker.id, reason: reason.trim(), validateOnly };
      const { moves } = await api.workers.takeWorkerOutOfService(request);
      if (validateOnly) return setPlan(moves);
      setPlan(undefined);
      const moved = movedOf(moves);
      if (moved > 0) notify({ tone: "good", title: `${plural(moved, "booking")} of ${title} moved.` });
    });
  const back = () =>
    run(async () => {
      await api.workers.returnWorkerToService({ workerId: worker.id });
      notify({ tone: "good", title: `${title} is back in service.` });
    });

  return (
    <section aria-label="Service" className="card grid gap-4 p-4 sm:p-5">
      <div>
        <h2 className="font-semibold text-lg">Out of service</h2>
        <p className="text-ink-soft text-sm">
          Nothing is booked on it and nothing starts there until it is returned. Its bookings move to the other workers.
        </p>
      </div>
      {worker.outOfService ? (
        <Banner tone="busy" className="flex flex-wrap items-center gap-3">
          <Icon name="power" className="size-5 shrink-0" />
          <span className="min-w-0 flex-1 font-medium">{title} is out of service.</span>
          <Button disabled={busy} onClick={() => void back()}>
            Return to service
          </Button>
        </Banner>
      ) : plan ? (
        <Plan plan={plan} busy={busy} onCarryOut={() => void take(false)} onLeave={() => setPlan(undefined)} />
      ) : (
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            void take(true);
          }}
        >
          <Field label="Reason" hint="Everybody sees it." optional>
            {(attributes) => (
              <input
                {...attributes}
                maxLength={200}
                value={reason}
                placeholder="A new card is being fitted"
                onChange={({ target }) => setReason(target.value)}
                className="field"
              />
            )}
          </Field>
          <div>
            <Button type="submit" disabled={busy}>
              Show what would move
            </Button>
          </div>
        </form>
      )}
      {problem && <Complaint>{problem.message}</Complaint>}
    </section>
  );
}

/** What would become of each booking, before anything is changed. */
function Plan(props: { plan: readonly PlannedMove[]; busy: boolean; onCarryOut: () => void; onLeave: () => void }) {
  const { plan, busy, onCarryOut, onLeave } = props;
  const now = useNow(60_000);
  const moved = movedOf(plan);
  const stay = plan.length - moved;
  return (
    <div
      role="alertdialog"
      aria-label="What would move"
      className="grid gap-3 rounded-xl border-running border-l-4 bg-running-wash p-3 text-sm"
    >
      <p className="font-medium text-running-ink">
        {plan.length === 0
          ? "No booking is on it."
          : `${plural(moved, "booking")} would move${stay > 0 ? `, ${stay} would wait here` : ""}. Nothing has been changed yet.`}
      </p>
      <ul className="grid max-h-64 gap-1.5 overflow-y-auto">
        {plan.map(({ jobId, userName, from, to, toWorkerId, problem }) => (
          <li key={jobId} className="grid gap-x-3 sm:grid-cols-[6rem_1fr]">
            <span className="truncate font-medium">{userName}</span>
            <span className="flex flex-wrap items-center gap-x-2 text-ink-soft">
              {formatSlot(momentsOf(from), now)}
              <span className="flex min-w-0 items-center gap-x-2">
                <Icon name={to ? "chevronRight" : "warning"} className="size-3.5 shrink-0" />
                {to ? formatSlot(momentsOf(to), now) : <span className="text-failed-ink">{problem}</span>}
              </span>
              {to && <WorkerName id={toWorkerId} className="text-ink" />}
            </span>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button tone="danger" autoFocus disabled={busy} onClick={onCarryOut}>
          Take it out of service
        </Button>
        <Button onClick={onLeave}>Leave it</Button>
      </div>
    </div>
  );
}

function movedOf(plan: readonly PlannedMove[]): number {
  return plan.filter(({ to }) => to !== undefined).length;
}
