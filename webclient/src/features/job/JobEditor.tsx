import { type FocusEvent, type FormEvent, useEffect, useRef, useState } from "react";
import { useJobActions } from "../../actions/JobActionsContext";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { sends } from "../../form/enterKey";
import { InputFields } from "../../form/InputFields";
import { changedInputs, type FieldErrors, readValues } from "../../form/values";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { ChangedElsewhere, StartedMeanwhile } from "./EditorBanners";
import { useJobEdit } from "./jobDraft";
import type { JobLinks } from "./jobLinks";
import { MoveField } from "./MoveField";

const none: FieldErrors = new Map();

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
  const edit = useJobEdit(job);
  const { values, dirty } = edit;
  const [restored] = useState(dirty);
  const [errors, setErrors] = useState(none);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const scheduled = job.status === JobStatus.SCHEDULED;

  useEffect(() => {
    if (focusPrompt) prompt.current?.select();
  }, [focusPrompt]);

  const discard = () => {
    edit.discard();
    setErrors(none);
    setMessage("");
    onDiscard();
  };

  const save = async () => {
    const { inputs, errors: complaints } = readValues(values, workflow);
    setErrors(complaints ?? none);
    if (!inputs) return;
    if (!dirty) return setMessage("Nothing has been changed yet.");
    const version = { id: job.id, version: edit.version };
    const { job: changed, problem } = await actions.update(version, changedInputs(inputs, values, edit.base));
    if (!problem) return edit.saved(changed?.version ?? edit.version);
    setErrors(problem.inputs);
    if (problem.reason === ErrorReason.STALE_VERSION) setMessage("Somebody changed this job meanwhile.");
    else if (problem.inputs.size === 0) setMessage(problem.message);
  };
  const bookInstead = async () => {
    const complaints = await onBookInstead(workflow, values);
    if (complaints) setErrors(complaints);
    else discard();
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (sending.current) return;
    sending.current = true;
    setMessage("");
    setBusy(true);
    try {
      await (scheduled ? save() : bookInstead());
    } finally {
      sending.current = false;
      setBusy(false);
    }
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
