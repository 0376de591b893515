import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { Check } from "../../actions/useCheck";
import type { SeriesPlan } from "../../actions/useSeries";
import { Banner } from "../../components/Banner";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import type { FormChange } from "../../form/carry";
import { sends } from "../../form/enterKey";
import { FormNews } from "../../form/FormNews";
import { InputFields } from "../../form/InputFields";
import type { SeriesDraft } from "../../form/series";
import { type FieldErrors, type FormValues, lacksPrompt } from "../../form/values";
import { EstimateBasis } from "../../gen/comfyscheduler/v1/estimate_pb";
import type { Workflow, WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatDuration, plural } from "../../lib/format";
import { lanesOf, onWorker, type SlotDurations, shortestOf } from "../../lib/lanes";
import { problemsWords, titleOf } from "../../lib/words/workflow";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { useViewer } from "../../live/names";
import { useNow } from "../../live/now";
import { selectWorkers } from "../../live/selectors";
import { availabilityOf, bookWords } from "./availability";
import { CheckLine } from "./CheckLine";
import { SeriesField } from "./SeriesField";
import { SeriesLine } from "./SeriesLine";
import { WhenField } from "./WhenField";
import { WhereField } from "./WhereField";
import { WorkflowPicker } from "./WorkflowPicker";

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
  /** The chosen worker; any when absent. */
  readonly workerId: string | undefined;
  readonly onWorker: (id: string | undefined) => void;
  /** The next free slot may become an earlier one. */
  readonly sooner: boolean;
  readonly onSooner: (sooner: boolean) => void;
  /** What the server would give for the fields as they stand; absent until it has said so. */
  readonly check: Check | undefined;
  /** Several jobs instead of one, and what they would get. */
  readonly series: SeriesDraft | undefined;
  readonly plan: SeriesPlan | undefined;
  readonly onSeries: (series: SeriesDraft | undefined) => void;
  readonly onBookSeries: () => void;
  readonly busy: boolean;
  /** Rises when the prompt is what is missing. */
  readonly promptAsked: number;
  /** What is another in the form since it was filled in. */
  readonly news: readonly FormChange[];
  readonly onNewsRead: () => void;
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
    workerId,
    onWorker: setWorker,
    sooner,
    onSooner,
    check,
    series,
    plan,
    onSeries,
    onBookSeries,
    busy,
    promptAsked,
    news,
    onNewsRead,
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
  const lanes = lanesOf(onWorker(durations, workerId), selectWorkers(store.get()), store.get().jobs, now);
  const available = availabilityOf(start, lanes, { now, daysAhead, viewer });
  const { slot, nextFree, refusal, instead, lands } = available;
  const basis = summary.estimates.find((estimate) => estimate.workerId === lands?.workerId)?.basis;
  const obstacle = obstacleWords(summary);
  const enterBooks = start !== undefined && obstacle === "";
  const prompt = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (promptAsked > 0) prompt.current?.focus();
  }, [promptAsked]);

  /** What the button says: choose what can be had, or book. */
  const submit = (event: { preventDefault: () => void }) => {
    event.preventDefault();
    if (obstacle) return;
    if (plan) return void (plan.series && onBookSeries());
    if (instead !== undefined) return onStart(instead);
    if (lacksPrompt(values, workflow)) prompt.current?.focus();
    onBook(refusal ? undefined : start);
  };

  return (
    <form onSubmit={submit} noValidate className="card flex flex-col gap-4 p-4 sm:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 className="font-semibold text-lg">New booking</h2>
        <span className="text-ink-soft text-sm">
          {[
            workflows.length === 1 && titleOf(summary),
            durations.size > 0 && `${formatDuration(shortestOf(durations))} a slot`,
          ]
            .filter(Boolean)
            .join(", ")}
        </span>
      </div>
      {workflows.length > 1 && <WorkflowPicker workflows={workflows} chosen={summary} onChoose={onWorkflow} />}
      {obstacle && <Obstacle words={obstacle} workflowId={summary.id} />}
      {news.length > 0 && <FormNews changes={news} onDone={onNewsRead} />}
      <InputFields
        workflow={workflow}
        values={values}
        errors={errors}
        onChange={onChange}
        promptRef={prompt}
        promptHint={enterBooks ? "Enter books the chosen slot, Shift+Enter begins a new line." : undefined}
        onPromptKey={(event) => sends(event, enterBooks) && submit(event)}
      />
      {obstacle === "" && (
        <>
          <WhenField {...{ nextFree, slot, now, refusal, onStart, sooner, onSooner }} />
          <WhereField durations={durations} chosen={workerId} onChoose={setWorker} />
          <SeriesField workflow={workflow} draft={series} complaint={plan?.complaint} onChange={onSeries} />
          {plan ? (
            <SeriesLine plan={plan} now={now} />
          ) : (
            <CheckLine check={check} lands={lands} basis={basis ?? EstimateBasis.UNSPECIFIED} now={now} />
          )}
          <div className="flex flex-wrap items-center gap-3">
            <Button
              type="submit"
              tone="primary"
              large
              disabled={busy || (plan && !plan.series)}
              className="max-sm:w-full"
            >
              {plan
                ? `Book ${plan.series ? plural(plan.series.total, "job") : "the series"}`
                : bookWords(start, available, now)}
            </Button>
            {secret && (
              <p className="flex items-center gap-1.5 text-ink-faint text-sm">
                <Icon name="lock" className="size-4 shrink-0" />
                Only you and administrators see what is in it.
              </p>
            )}
          </div>
        </>
      )}
    </form>
  );
}

/** Says why nothing can be booked; what was typed stays, and no slot is promised meanwhile. */
function Obstacle({ words, workflowId }: { words: string; workflowId: string }) {
  return (
    <Banner alert tone="bad" className="flex gap-2">
      <Icon name="warning" className="size-5 shrink-0" />
      <span>
        {words}{" "}
        <Link to={`/workflows?id=${encodeURIComponent(workflowId)}`} className="font-medium underline">
          About this workflow
        </Link>
      </span>
    </Banner>
  );
}

/** Why the workflow cannot be booked now; empty when it can, on whatever worker, and while no worker has been asked yet. */
function obstacleWords({ disabled, bookable, problems }: WorkflowSummary): string {
  if (disabled) return "This workflow is switched off: choose another one.";
  return !bookable && problems.length > 0 ? `This workflow cannot run now: ${problemsWords(problems)}` : "";
}
