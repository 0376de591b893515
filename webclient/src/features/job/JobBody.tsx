import { type FocusEvent, useMemo, useState } from "react";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { failureWords } from "../../lib/words/failure";
import { useLive } from "../../live/LiveContext";
import { useFormOf } from "../../live/useForm";
import { useWhole } from "../../live/useWhole";
import { JobEditor } from "./JobEditor";
import { JobView } from "./JobView";
import { useUnsaved } from "./jobDraft";
import type { JobLinks } from "./jobLinks";

/** What of a job is edited, and what is only shown. */
export function JobBody(props: JobLinks & { job: Job; focusPrompt: boolean }) {
  const { job, focusPrompt, onBookInstead } = props;
  const { whole, error } = useWhole(job);
  const mine = useLive(({ me }) => me?.id === job.userId);
  const current = useFormOf(job.workflowId);
  const workflow = useMemo(() => current && formFor(job, current), [job, current]);
  const scheduled = job.status === JobStatus.SCHEDULED;
  const unsaved = useUnsaved(job.id);
  const { typing, onFocus, onBlur, forget } = useTyping(scheduled);
  const editable = useLive(({ workflows }) => workflows.some(({ id }) => id === job.workflowId));
  const editing = mine && editable && (scheduled || unsaved || typing);
  const shown = whole ?? job;
  const { error: failure } = shown;
  return (
    <>
      {failure && (
        <div role="alert" className="rounded-lg border-failed border-l-4 bg-failed-wash px-3 py-2">
          <p className="font-medium text-failed-ink">{failureWords[failure.reason]}</p>
          <p className="text-sm [overflow-wrap:anywhere]">{failure.message}</p>
        </div>
      )}
      {error && !whole && <p role="alert">The whole text cannot be read: {error}</p>}
      {editing && !(whole && workflow) && !error && <div className="h-64 animate-pulse rounded-xl bg-sunken" />}
      {editing && whole && workflow && (
        <JobEditor
          job={whole}
          workflow={workflow}
          focusPrompt={focusPrompt}
          onFocus={onFocus}
          onBlur={onBlur}
          onBookInstead={onBookInstead}
          onDiscard={forget}
        />
      )}
      {!(editing && scheduled) && <JobView {...props} job={shown} mine={mine} />}
    </>
  );
}

/** The form to edit a job in. One that was booked with another version has of today's form what it was booked with. */
function formFor(job: Job, workflow: Workflow): Workflow {
  if (workflow.summary?.version === job.workflowVersion) return workflow;
  return { ...workflow, inputs: workflow.inputs.filter(({ name }) => job.inputs[name] !== undefined) };
}

/** Whether somebody was writing in a field when the booking started: that field must not vanish under their hands. */
function useTyping(scheduled: boolean) {
  const [typing, setTyping] = useState(false);
  const note = (event: FocusEvent, focused: boolean) =>
    scheduled && event.target.matches("textarea, input") && setTyping(focused);
  return {
    typing,
    onFocus: (event: FocusEvent) => note(event, true),
    onBlur: (event: FocusEvent) => note(event, false),
    forget: () => setTyping(scheduled && typing),
  };
}
