import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { useNotify } from "../../components/Notices";
import { Field } from "../../form/Field";
import { MomentInput } from "../../form/MomentInput";
import { plural } from "../../lib/format";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { PauseObstacles } from "./PauseObstacles";

const minute = 60_000;
const units: readonly [number, string][] = [
  [minute, "minutes"],
  [60 * minute, "hours"],
  [1440 * minute, "days"],
];

/** Keeps a worker free for a while. Bookings in the way are named before anything is moved. */
export function PauseForm({ workerId, replaces }: { workerId: string; replaces: boolean }) {
  const { api, store } = useLiveContext();
  const notify = useNotify();
  const [start, setStart] = useState<number>();
  const [length, setLength] = useState("1");
  const [unit, setUnit] = useState(60 * minute);
  const [reason, setReason] = useState("");
  const { busy, problem, run, forget } = useCall();
  const obstacles = problem?.obstacles ?? [];

  const pause = (moveBookings: boolean) =>
    run(async () => {
      const { movedBookings } = await api.workers.pauseWorker({
        workerId,
        startMs: BigInt(start ?? 0),
        durationMs: BigInt(Math.round(Number(length) * unit)),
        reason: reason.trim(),
        moveBookings,
      });
      const moved = movedBookings > 0 ? ` ${plural(movedBookings, "booking")} moved.` : "";
      notify({ tone: "good", title: `The pause is on the timeline.${moved}` });
      setReason("");
      setStart(undefined);
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void pause(false);
  };
  const changed = <T,>(set: (value: T) => void) => {
    return (value: T) => {
      set(value);
      forget();
    };
  };
  const field = (name: string) => problem?.fields.get(name);

  return (
    <form onSubmit={submit} className="grid gap-3">
      <div className="grid grid-cols-[repeat(auto-fit,minmax(min(15rem,100%),1fr))] gap-3">
        <Field label="From" error={field("start_ms")}>
          {(attributes) => (
            <div className="flex gap-2">
              <select
                {...attributes}
                value={start === undefined ? "now" : "at"}
                onChange={({ target }) =>
                  changed(setStart)(target.value === "now" ? undefined : nextFullHour(serverNow(store)))
                }
                className={`field ${start === undefined ? "" : "w-24 shrink-0"}`}
              >
                <option value="now">Now, after a running job</option>
                <option value="at">At</option>
              </select>
              {start !== undefined && (
                <MomentInput
                  aria-label="Start of the pause"
                  at={start}
                  to="minute"
                  onChange={changed(setStart)}
                  className="field min-w-0"
                />
              )}
            </div>
          )}
        </Field>
        <Field label="For" error={field("duration_ms")}>
          {(attributes) => (
            <div className="flex gap-2">
              <input
                {...attributes}
                type="number"
                required
                min={0.1}
                step="any"
                value={length}
                onChange={({ target }) => changed(setLength)(target.value)}
                className="field min-w-0"
              />
              <select
                aria-label="Unit"
                value={unit}
                onChange={({ target }) => changed(setUnit)(Number(target.value))}
                className="field w-28 shrink-0"
              >
                {units.map(([ms, word]) => (
                  <option key={ms} value={ms}>
                    {word}
                  </option>
                ))}
              </select>
            </div>
          )}
        </Field>
      </div>
      <Field label="Reason" hint="Everybody sees it on the timeline." error={field("reason")}>
        {(attributes) => (
          <input
            {...attributes}
            maxLength={200}
            placeholder="Rendering for the expo"
            value={reason}
            onChange={({ target }) => setReason(target.value)}
            className="field"
          />
        )}
      </Field>
      {obstacles.length > 0 ? (
        <PauseObstacles
          obstacles={obstacles}
          total={problem?.obstaclesTotal ?? 0}
          busy={busy}
          onMove={() => void pause(true)}
          onLeave={forget}
        />
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" tone="primary" disabled={busy}>
            {replaces ? "Replace the pause" : "Pause ComfyUI"}
          </Button>
          {problem && problem.fields.size === 0 && <Complaint>{problem.message}</Complaint>}
        </div>
      )}
    </form>
  );
}

function nextFullHour(now: number): number {
  return Math.ceil(now / (60 * minute)) * 60 * minute;
}
