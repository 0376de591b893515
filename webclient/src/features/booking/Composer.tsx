import { type FormEvent, useRef } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { SettingsFields } from "../../form/SettingsFields";
import type { FieldErrors, FormValues } from "../../form/values";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatDuration, formatTime, plural } from "../../lib/format";
import { blockerOf, blockerWords, nextFreeStart, takenSlots } from "../../lib/slots";
import { sentence } from "../../lib/words";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useNow } from "../../live/now";
import { selectWorker } from "../../live/selectors";
import { WhenField } from "./WhenField";

const day = 86_400_000;

/** ComposerProps are a booking in the making. Times in milliseconds. */
export interface ComposerProps {
  readonly workflow: Workflow;
  readonly duration: number;
  readonly values: FormValues;
  readonly errors: FieldErrors;
  /** The chosen start; the next free one when absent. */
  readonly start: number | undefined;
  readonly busy: boolean;
  readonly onChange: (values: FormValues) => void;
  readonly onWorkflow: (id: string) => void;
  readonly onStart: (start: number | undefined) => void;
  readonly onBook: () => void;
}

export function Composer(props: ComposerProps) {
  const { workflow, duration, values, errors, start, busy, onChange, onWorkflow, onStart, onBook } = props;
  const { store } = useLiveContext();
  const now = useNow();
  const workflows = useLive((state) => state.workflows);
  const myId = useLive(({ me }) => me?.id);
  const secret = useLive(({ system }) => system?.privateJobs ?? false);
  const daysAhead = useLive(({ me, system }) => (me?.administrator ? 0 : (system?.limits?.daysAhead ?? 0)));
  // Read at each tick of the clock rather than at each change: a busy timeline must not redraw the form.
  const taken = takenSlots(store.get().jobs.values(), selectWorker(store.get()), now);
  const nextFree = nextFreeStart(now + 1_000, duration, taken);
  const blocker = start === undefined ? undefined : blockerOf({ start, end: start + duration }, taken);
  const tooFar = daysAhead > 0 && start !== undefined && start > now + daysAhead * day;
  const past = start !== undefined && start < now;
  const refusal = past
    ? "That moment has passed."
    : tooFar
      ? `Bookings are taken up to ${plural(daysAhead, "day")} ahead.`
      : blocker
        ? `${sentence(blockerWords(blocker, myId))}.`
        : "";
  const instead =
    tooFar || start === undefined ? nextFree : nextFreeStart(Math.max(start, now + 1_000), duration, taken);
  const prompt = useRef<HTMLTextAreaElement>(null);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (values.prompt.trim() === "") prompt.current?.focus();
    onBook();
  };

  return (
    <form onSubmit={submit} noValidate className="card flex flex-col gap-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 className="font-semibold text-lg">New booking</h2>
        {workflows.length > 1 ? (
          <select
            aria-label="Workflow"
            value={workflow.id}
            onChange={(event) => onWorkflow(event.target.value)}
            className="field w-auto py-1 text-sm"
          >
            {workflows.map(({ id, title }) => (
              <option key={id} value={id}>
                {title || id}
              </option>
            ))}
          </select>
        ) : (
          <span className="text-ink-soft text-sm">
            {workflow.title || workflow.id}, {formatDuration(duration)} a slot
          </span>
        )}
      </div>
      {workflow.problems.length > 0 && (
        <div role="alert" className="flex gap-2 rounded-lg bg-failed-wash px-3 py-2 text-failed-ink text-sm">
          <Icon name="warning" className="size-5 shrink-0" />
          <span>This workflow cannot run now: {workflow.problems.join(" ")}</span>
        </div>
      )}
      <SettingsFields
        workflow={workflow}
        values={values}
        errors={errors}
        onChange={onChange}
        promptRef={prompt}
        seedOptional
      />
      <WhenField nextFree={nextFree} start={start} duration={duration} now={now} refusal={refusal} onStart={onStart} />
      <div className="flex flex-wrap items-center gap-3">
        {refusal ? (
          <Button tone="primary" large onClick={() => onStart(instead)}>
            Choose {formatTime(instead)} instead
          </Button>
        ) : (
          <Button type="submit" tone="primary" large disabled={busy} className="max-sm:w-full">
            {start === undefined ? "Book next free slot" : `Book ${formatTime(start)}`}
          </Button>
        )}
        {secret && (
          <p className="flex items-center gap-1.5 text-ink-faint text-sm">
            <Icon name="lock" className="size-4 shrink-0" />
            Only you and administrators see what is in it.
          </p>
        )}
      </div>
    </form>
  );
}
