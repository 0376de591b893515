import { useEffect, useRef } from "react";
import { Banner } from "../../components/Banner";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { sends } from "../../form/enterKey";
import { InputFields } from "../../form/InputFields";
import { type FieldErrors, type FormValues, lacksPrompt } from "../../form/values";
import type { Workflow, WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatDuration } from "../../lib/format";
import { lanesOf, type SlotDurations, shortestOf } from "../../lib/lanes";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";
import { availabilityOf, bookWords } from "./availability";
import { WhenField } from "./WhenField";

/** ComposerProps are a booking in the making. Times in milliseconds. */
export interface ComposerProps {
  readonly summary: WorkflowSummary;
  /** The same with its form. */
  readonly workflow: Workflow;
  /** Length of a slot of the workflow. */
  readonly durations: SlotDurations;
  readonly values: FormValues;
  readonly errors: FieldErrors;
  /** The chosen start; the next free one when absent. */
  readonly start: number | undefined;
  readonly busy: boolean;
  /** Rises when the prompt is what is missing. */
  readonly promptAsked: number;
  readonly onChange: (values: FormValues) => void;
  readonly onWorkflow: (id: string) => void;
  readonly onStart: (start: number | undefined) => void;
  readonly onBook: (start: number | undefined) => void;
}

export function Composer(props: ComposerProps) {
  const {
    summary,
    workflow,
    durations,
    values,
    errors,
    start,
    busy,
    promptAsked,
    onChange,
    onWorkflow,
    onStart,
    onBook,
  } = props;
  const { store } = useLiveContext();
  const now = useNow();
  const workflows = useLive((state) => state.workflows);
  const viewer = useViewer();
  const secret = useLive(({ system }) => system?.privateJobs ?? false);
  const daysAhead = useLive(({ me, system }) => (me?.administrator ? 0 : (system?.limits?.daysAhead ?? 0)));
  // Read at each tick of the clock rather than at each change: a busy timeline must not redraw the form.
  const lanes = lanesOf(durations, selectWorkers(store.get()), store.get().jobs, now);
  const available = availabilityOf(start, lanes, { now, daysAhead, viewer });
  const { slot, nextFree, refusal, instead } = available;
  const prompt = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (promptAsked > 0) prompt.current?.focus();
  }, [promptAsked]);

  /** What the button says: choose what can be had, or book. */
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    if (instead !== undefined) return onStart(instead);
    if (lacksPrompt(values, workflow)) prompt.current?.focus();
    onBook(refusal ? undefined : start);
  };

  return (
    <form onSubmit={submit} noValidate className="card flex flex-col gap-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 className="font-semibold text-lg">New booking</h2>
        {workflows.length > 1 ? (
          <select
            aria-label="Workflow"
            value={summary.id}
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
            {summary.title || summary.id}, {formatDuration(shortestOf(durations))} a slot
          </span>
        )}
      </div>
      {summary.problems.length > 0 && (
        <Banner alert tone="bad" className="flex gap-2">
          <Icon name="warning" className="size-5 shrink-0" />
          <span>This workflow cannot run now: {summary.problems.join(" ")}</span>
        </Banner>
      )}
      <InputFields
        workflow={workflow}
        values={values}
        errors={errors}
        onChange={onChange}
        promptRef={prompt}
        promptHint={start === undefined ? undefined : "Enter books the chosen slot, Shift+Enter begins a new line."}
        onPromptKey={(event) => sends(event, start !== undefined) && submit(event)}
      />
      <WhenField nextFree={nextFree} slot={slot} now={now} refusal={refusal} onStart={onStart} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" tone="primary" large disabled={busy} className="max-sm:w-full">
          {bookWords(start, available, now)}
        </Button>
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
