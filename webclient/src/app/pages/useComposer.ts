import { useCallback, useMemo, useState } from "react";
import { useBooking } from "../../actions/useBooking";
import { emptyValues, type FieldErrors, type FormValues, readValues, valuesOf } from "../../form/values";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { useLive } from "../../live/LiveContext";
import { selectWorker, slotDuration } from "../../live/selectors";

const none: FieldErrors = new Map();

/** The booking in the making: its workflow, its fields, the chosen start, and the call that makes it one. */
export function useComposer(onBooked: (job: Job, blank: boolean) => void) {
  const workflows = useLive((state) => state.workflows);
  const worker = useLive(selectWorker);
  const [workflowId, setWorkflowId] = useState<string>();
  const workflow = workflows.find(({ id }) => id === workflowId) ?? workflows[0];
  const [typed, setTyped] = useState<FormValues>();
  const blank = useMemo(() => emptyValues(workflow), [workflow]);
  const values = typed ? { ...typed, parameters: { ...blank.parameters, ...typed.parameters } } : blank;
  const [errors, setErrors] = useState(none);
  const [start, setStart] = useState<number>();
  const [busy, setBusy] = useState(false);
  const send = useBooking();

  /** Books the fields; `blankPrompt` stands in for an empty prompt, so that a place can be taken before it is filled. */
  const book = useCallback(
    async (at: number | undefined, blankPrompt = "") => {
      if (!workflow) return;
      const filled = values.prompt.trim() === "" ? { ...values, prompt: blankPrompt } : values;
      const { settings, errors: complaints } = readValues(filled, workflow);
      setErrors(complaints ?? none);
      if (!settings) return;
      setBusy(true);
      const { job, problem } = await send({
        ...settings,
        workflowId: workflow.id,
        ...(at !== undefined && { start: at }),
      });
      setBusy(false);
      if (problem) setErrors(problem.fields);
      if (!job) return;
      setStart(undefined);
      onBooked(job, filled !== values);
    },
    [workflow, values, send, onBooked],
  );

  const reuse = useCallback((job: Job) => {
    setWorkflowId(job.workflowId);
    setTyped(valuesOf(job));
    setErrors(none);
  }, []);

  return {
    workflow,
    duration: slotDuration(worker, workflow?.id),
    values,
    errors,
    start,
    busy,
    setWorkflowId,
    setValues: setTyped,
    setStart,
    book,
    reuse,
  };
}
