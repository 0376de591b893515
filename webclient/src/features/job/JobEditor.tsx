import { type FocusEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { useJobActions } from "../../actions/JobActionsContext";
import { useCheck } from "../../actions/useCheck";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { sends } from "../../form/enterKey";
import { InputFields } from "../../form/InputFields";
import { changedInputs, type FieldErrors, readValues } from "../../form/values";
import { ErrorReason, type SlotConflict } from "../../gen/comfyscheduler/v1/error_pb";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import type { SlotDurations } from "../../lib/lanes";
import { startOf } from "../../lib/slots";
import { EditCheck } from "./EditCheck";
import { ChangedElsewhere, StartedMeanwhile } from "./EditorBanners";
import { useJobEdit } from "./jobDraft";
import type { JobLinks } from "./jobLinks";
import { MoveField } from "./MoveField";

const none: FieldErrors = new Map();
const noDurations: SlotDurations = new Map();

/** JobEditorProps are a booking to edit. */
export interface JobEditorProps {
  /** With all of its texts. */
  readonly job: Job;
  readonly workflow: Workflow;
  readonly focusPrompt: boolean;
  readonly onFocus: (event: FocusEvent) => void;
  readonly onBlur: (event: FocusEvent) => void;
  readonly onBookInstead: JobLinks["onBookInstead"];
  /** What was typed is no longer wanted. */
  readonly onDiscard: () => void;
}

/**
 * Edits an own job until it starts. A change from elsewhere never overwrites what is being typed, nor the reverse; what was
 * typed when the job started stays, and can be booked as another one.
 */
export function JobEditor(props: JobEditorProps) {
  const { job, workflow, focusPrompt, onFocus, onBlur, onBookInstead, onDiscard } = props;
  const actions = useJobActions();
  const scheduled = job.status === JobStatus.SCHEDULED;
  const edit = useJobEdit(job);
  const { values, dirty } = edit;
  const [restored] = useState(dirty);
  const [refused, setRefused] = useState<SlotConflict>();
  const check = useCheck({
    workflow: scheduled && dirty ? workflow : undefined,
    values,
    start: startOf(job),
    jobId: job.id,
    durations: noDurations,
  });
  const [errors, setErrors] = useState(none);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (focusPrompt) prompt.current?.select();
  }, [focusPrompt]);

  const discard = () => {
    edit.discard();
    setErrors(none);
    setMessage("");
    setRefused(undefined);
    onDiscard();
  };

  const save = async (at?: number) => {
    setRefused(undefined);
    const { inputs, errors: complaints } = readValues(values, workflow);
    setErrors(complaints ?? none);
    if (!inputs) return;
    if (!dirty) return setMessage("Nothing has been changed yet.");
    const version = { id: job.id, version: edit.version };
    const { job: changed, problem } = await actions.update(version, changedInputs(inputs, values, edit.base), at);
    if (!problem) return edit.saved(changed?.version ?? edit.version);
    setErrors(problem.inputs);
    if (problem.reason === ErrorReason.STALE_VERSION) setMessage("Somebody changed this job meanwhile.");
    else if (problem.conflict) setRefused(problem.conflict);
    else if (problem.inputs.size === 0) setMessage(problem.message);
  };
  const bookInstead = async () => {
    const complaints = await onBookInstead(workflow, values);
    if (complaints) setErrors(complaints);
    else discard();
  };

  const send = async (work: () => Promise<void>) => {
    if (sending.current) return;
    sending.current = true;
    setMessage("");
    setBusy(true);
    try {
      await work();
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(() => (scheduled ? save() : bookInstead()));
  };

  return (
    <form ref={form} onSubmit={submit} onFocus={onFocus} onBlur={onBlur} noValidate className="space-y-4">
      {scheduled && dirty && edit.elsewhere && <ChangedElsewhere onTake={discard} onKeep={edit.rebase} />}
      <InputFields
        workflow={workflow}
        values={values}
        errors={errors}
        onChange={edit.change}
        promptRef={prompt}
        onPromptKey={(event) => {
          if (!sends(event)) return;
          event.preventDefault();
          form.current?.requestSubmit();
        }}
      />
      {scheduled && dirty && (
        <EditCheck {...{ job, check, busy }} conflict={refused} onSaveAt={(at) => void send(() => save(at))} />
      )}
      {scheduled ? (
        <MoveField job={job} />
      ) : (
        <StartedMeanwhile job={job} workflow={workflow} edit={edit} busy={busy} onDiscard={discard} />
      )}
      {message && <Complaint>{message}</Complaint>}
      {scheduled && (
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" tone="primary" large disabled={busy}>
            Update Job
          </Button>
          <Button tone="danger" large onClick={() => void actions.cancel(job)}>
            Cancel booking
          </Button>
          {dirty && (
            <p className="flex flex-wrap items-center gap-x-1 text-ink-soft text-sm">
              {restored ? "Your changes from before are here, not saved yet." : "Not saved yet."}
              <Button tone="bare" onClick={discard}>
                Discard changes
              </Button>
            </p>
          )}
        </div>
      )}
    </form>
  );
}
