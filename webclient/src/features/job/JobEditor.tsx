import { type FormEvent, useEffect, useRef, useState } from "react";
import type { JobActions } from "../../actions/useJobActions";
import { Button } from "../../components/Button";
import { SettingsFields } from "../../form/SettingsFields";
import { type FieldErrors, readValues, sameValues, valuesOf } from "../../form/values";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { MoveField } from "./MoveField";

const none: FieldErrors = new Map();

/** Edits an own job until it starts. A change from elsewhere never overwrites what is being typed, nor the reverse. */
export function JobEditor({
  job,
  workflow,
  actions,
  focusPrompt,
}: {
  job: Job;
  workflow: Workflow;
  actions: JobActions;
  focusPrompt: boolean;
}) {
  /** The job whose settings the fields started from. */
  const [base, setBase] = useState(job);
  const [values, setValues] = useState(() => valuesOf(job));
  const [errors, setErrors] = useState(none);
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const prompt = useRef<HTMLTextAreaElement>(null);

  const dirty = !sameValues(values, valuesOf(base));
  const elsewhere = job.version > base.version && !sameValues(valuesOf(job), valuesOf(base));
  const adopt = (next: Job) => {
    setBase(next);
    setValues(valuesOf(next));
    setErrors(none);
    setMessage("");
  };

  useEffect(() => {
    if (job.version > base.version && !(dirty && elsewhere)) {
      setBase(job);
      if (!dirty) setValues(valuesOf(job));
    }
  }, [job, base, dirty, elsewhere]);
  useEffect(() => {
    if (focusPrompt) prompt.current?.select();
  }, [focusPrompt]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { settings, errors: complaints } = readValues(values, workflow);
    setErrors(complaints ?? none);
    setMessage("");
    if (!settings) return;
    if (!dirty) return setMessage("Nothing has been changed yet.");
    setBusy(true);
    const before = valuesOf(base);
    const changed = Object.entries(settings.parameters).filter(
      ([name]) => values.parameters[name] !== before.parameters[name],
    );
    const problem = await actions.update(base, {
      ...(values.prompt !== before.prompt && { prompt: settings.prompt }),
      ...(settings.seed !== undefined && values.seed !== before.seed && { seed: settings.seed }),
      ...(changed.length > 0 && { parameters: Object.fromEntries(changed) }),
    });
    setBusy(false);
    if (!problem) return setBase({ ...base, ...settings, seed: settings.seed ?? base.seed });
    setErrors(problem.fields);
    if (problem.reason === ErrorReason.STALE_VERSION) setMessage("Somebody changed this job meanwhile.");
    else if (problem.fields.size === 0) setMessage(problem.message);
  };

  return (
    <form onSubmit={submit} noValidate className="space-y-4">
      {dirty && elsewhere && (
        <div
          role="alert"
          className="flex flex-wrap items-center gap-2 rounded-lg bg-running-wash px-3 py-2 text-running-ink text-sm"
        >
          <span className="mr-auto">This job was changed in another window.</span>
          <Button onClick={() => adopt(job)}>Take the new values</Button>
          <Button onClick={() => setBase(job)}>Keep mine</Button>
        </div>
      )}
      <SettingsFields workflow={workflow} values={values} errors={errors} onChange={setValues} promptRef={prompt} />
      <MoveField job={job} actions={actions} />
      {message && (
        <p role="alert" className="font-medium text-failed-ink text-sm">
          {message}
        </p>
      )}
      <div className="flex flex-wrap gap-3">
        <Button type="submit" tone="primary" large disabled={busy}>
          Update Job
        </Button>
        <Button tone="danger" large onClick={() => void actions.cancel(job)}>
          Cancel booking
        </Button>
      </div>
    </form>
  );
}
