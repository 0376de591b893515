import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type BookingOutcome, type BookingWish, useBooking } from "../../actions/useBooking";
import { checkedDurations, useCheck } from "../../actions/useCheck";
import { useBookSeries, useSeriesPlan } from "../../actions/useSeries";
import { useNotify } from "../../components/Notices";
import { type SeriesDraft, seriesKinds } from "../../form/series";
import {
  type FieldErrors,
  type FormValues,
  inputFor,
  lacksPrompt,
  readValues,
  sameValues,
  valuesOf,
} from "../../form/values";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import { InputRole } from "../../gen/comfyscheduler/v1/input_pb";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow, WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { type Place, shortestOf } from "../../lib/lanes";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { recentFirst, recentWorkflows } from "../../live/recent";
import { slotDurations } from "../../live/selectors";
import { useDraft } from "../../live/useDraft";
import { useSummary } from "../../live/useFoundWorkflows";
import { type Draft, useFields, withTyped } from "./useFields";

const none: FieldErrors = new Map();

/** A place nearer than this, in milliseconds, or than a slot, cannot be booked first and filled afterwards. */
const timeToWrite = 10_000;
/** A start nearer than this, in milliseconds, may have passed when the request arrives: the next free slot is meant. */
const lead = 1_000;

/** The booking in the making: its workflow, its fields, the chosen start, and the call that makes it one. */
export function useComposer(onBooked: (job: Job, blank: boolean) => void) {
  const { store } = useLiveContext();
  const workflows = useLive((state) => state.workflows);
  const notify = useNotify();
  const [draft, edit] = useDraft<Draft>("booking");
  const [recent] = useState(recentWorkflows);
  const listed = useSummary(draft?.workflowId) ?? usualOf(workflows, recent);
  const { workflow, error, values, touched, news, setValues, staleAt, forgetNews } = useFields(listed);
  const summary = useMemo(() => withEstimates(listed, workflow?.summary), [listed, workflow]);
  const usual = useMemo(() => slotDurations(summary), [summary]);
  const start = draft?.start;
  // A worker that is gone, or cannot run this, was never chosen.
  const workerId = draft?.workerId !== undefined && usual.has(draft.workerId) ? draft.workerId : undefined;
  const sooner = !draft?.notSooner;
  const check = useCheck({ workflow, values, start, workerId, durations: usual });
  const durations = useMemo(() => checkedDurations(usual, check), [usual, check]);
  const series =
    draft?.series && workflow && seriesKinds(workflow).includes(draft.series.kind) ? draft.series : undefined;
  const plan = useSeriesPlan(series, workflow, { values, start, workerId });
  const sendSeries = useBookSeries();
  const [errors, setErrors] = useState(none);
  const [busy, setBusy] = useState(false);
  const [promptAsked, setPromptAsked] = useState(0);
  const send = useSending(setBusy);

  const setStart = useCallback((at: number | undefined) => edit((known) => ({ ...known, start: at })), [edit]);
  const setWorkerId = useCallback((id: string | undefined) => edit((known) => ({ ...known, workerId: id })), [edit]);
  const setSooner = useCallback((on: boolean) => edit((known) => ({ ...known, notSooner: !on })), [edit]);
  const setSeries = useCallback(
    (next: SeriesDraft | undefined) => edit((known) => ({ ...known, series: next })),
    [edit],
  );
  /** Chooses a place on the timeline. Without one the next free slot is meant again. */
  const pin = useCallback(
    (place: Place | undefined) =>
      edit((known) => ({ ...known, start: place?.start, ...(place?.workerId && { workerId: place.workerId }) })),
    [edit],
  );
  useEffect(() => {
    // A moment that was chosen before the page was left may have passed since.
    edit((known) => (known?.start && known.start < serverNow(store) ? { ...known, start: undefined } : known));
  }, [edit, store]);

  const prompt = inputFor(workflow, InputRole.PROMPT);
  const lacking = lacksPrompt(values, workflow);

  /** Books the fields; `blankPrompt` stands in for an empty prompt, so that a place can be taken before it is filled. */
  async function book(at: number | undefined, blankPrompt = "", on = workerId): Promise<void> {
    if (!workflow) return;
    const filled = prompt && lacking ? { ...values, [prompt.name]: blankPrompt } : values;
    const start = at !== undefined && at < serverNow(store) + lead ? undefined : at;
    const { outcome, complaints } = await send(workflow, filled, { start, workerId: on, sooner }, (instead) =>
      latest.current(instead, blankPrompt, on),
    );
    const problem = outcome?.problem;
    const stale = problem?.reason === ErrorReason.STALE_WORKFLOW;
    if (stale) staleAt(problem.metadata["version"] ?? "");
    setErrors(complaints ?? (stale ? none : problem?.inputs) ?? none);
    if (!outcome?.job) return;
    forgetNews();
    edit((known) => ({ ...known, start: undefined, workerId: undefined }));
    onBooked(outcome.job, filled !== values);
  }
  /** Books all jobs of the series, from the chosen start on or each as it fits. */
  async function bookSeries(): Promise<void> {
    if (!workflow || !plan?.series || busy) return;
    setBusy(true);
    const wish = { workflow, values, series: plan.series, start, workerId, sooner };
    const { jobs, errors } = await sendSeries(wish).finally(() => setBusy(false));
    setErrors(errors ?? none);
    if (!jobs?.[0]) return;
    forgetNews();
    edit((known) => ({ ...known, start: undefined, workerId: undefined, series: undefined }));
    onBooked(jobs[0], false);
  }

  const latest = useRef(book);
  useEffect(() => {
    latest.current = book;
  });

  /** Takes a place that was pointed at. One that comes too soon to be filled afterwards is chosen, and waits for its prompt. */
  function take({ start: at, workerId: on }: Place): void {
    const soon = at < serverNow(store) + Math.max(shortestOf(durations), timeToWrite);
    const example = prompt?.kind.case === "text" ? prompt.kind.value.example : "";
    if (!lacking || !soon) return void book(at, example || "Untitled", on ?? workerId);
    pin({ start: at, workerId: on });
    setPromptAsked((times) => times + 1);
  }

  /** Books what was typed into the fields of another booking. Resolves to what is wrong, or to nothing. */
  async function bookInstead(of: Workflow, edited: FormValues, at?: number): Promise<FieldErrors | undefined> {
    const again = (instead: number | undefined) => void bookInstead(of, edited, instead);
    const { outcome, complaints } = await send(of, edited, { start: at }, again);
    if (outcome?.job) onBooked(outcome.job, false);
    return outcome?.job ? undefined : (complaints ?? outcome?.problem?.inputs ?? none);
  }

  function reuse(job: Job): void {
    const before = draft;
    const kept = { version: job.workflowVersion, values: valuesOf(job) };
    edit((known) => ({ ...withTyped(known, job.workflowId, kept), workflowId: job.workflowId }));
    setErrors(none);
    if (touched && !lacking && !sameValues(values, valuesOf(job)))
      notify({
        tone: "plain",
        about: "draft",
        title: "The fields hold that job's settings now.",
        action: { label: "Undo", run: () => edit(() => before) },
      });
  }

  /** Takes another workflow. What was typed into this one waits for its return; the prompt goes along where none waits there. */
  function setWorkflowId(workflowId: string): void {
    const text = prompt ? String(values[prompt.name] ?? "") : "";
    setErrors(none);
    edit((known) => {
      const waiting = known?.typed?.[workflowId] ?? { version: "", values: {} };
      const bare = String(waiting.values["prompt"] ?? "") === "" && text !== "";
      const typed = bare ? { ...waiting, values: { ...waiting.values, prompt: text } } : waiting;
      return { ...withTyped(known, workflowId, typed), workflowId };
    });
  }

  return {
    summary,
    /** Absent while its form is not known; `error` says why. */
    workflow,
    error,
    durations,
    values,
    errors,
    start,
    /** The chosen worker; any when absent. */
    workerId,
    sooner,
    /** What the server would give for the fields as they stand. */
    check,
    series,
    /** What the series would get; absent for one job alone. */
    plan,
    busy,
    /** Rises when the prompt is what is missing. */
    promptAsked,
    /** What is another in the form since it was filled in. */
    news,
    forgetNews,
    setWorkflowId,
    setValues,
    setStart,
    setWorkerId,
    setSooner,
    setSeries,
    pin,
    book,
    bookSeries,
    take,
    bookInstead,
    reuse,
  };
}

/** The workflow that is meant while none was chosen: the one that was booked last, of those that can be booked. */
function usualOf(workflows: readonly WorkflowSummary[], recent: readonly string[]): WorkflowSummary | undefined {
  const can = workflows.filter(({ bookable }) => bookable);
  return recentFirst(can, recent)[0] ?? workflows[0];
}

/** What the live state tells of a workflow; where that is not how long it takes, with the guess that came with its form. */
function withEstimates(
  listed: WorkflowSummary | undefined,
  whole: WorkflowSummary | undefined,
): WorkflowSummary | undefined {
  if (!listed || listed.estimates.length > 0 || whole?.id !== listed.id) return listed;
  return { ...listed, estimates: whole.estimates };
}

/** Sends one booking at a time: while one is under way another click does nothing. */
function useSending(setBusy: (busy: boolean) => void) {
  const wish = useBooking();
  const sending = useRef(false);
  return useCallback(
    async (
      workflow: Workflow,
      values: FormValues,
      { start, ...rest }: Pick<BookingWish, "workerId" | "sooner"> & { start: number | undefined },
      take: (instead: number | undefined) => void,
    ): Promise<{ outcome?: BookingOutcome; complaints?: FieldErrors | undefined }> => {
      if (sending.current) return {};
      const { inputs, errors } = readValues(values, workflow);
      if (!inputs) return { complaints: errors };
      const { id = "", version = "" } = workflow.summary ?? {};
      sending.current = true;
      setBusy(true);
      try {
        const wanted = {
          workflowId: id,
          workflowVersion: version,
          inputs,
          ...rest,
          ...(start !== undefined && { start }),
        };
        return { outcome: await wish(wanted, take) };
      } finally {
        sending.current = false;
        setBusy(false);
      }
    },
    [wish, setBusy],
  );
}
