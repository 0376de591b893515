import { Banner } from "../../components/Banner";
import { Button } from "../../components/Button";
import { inputFor } from "../../form/values";
import { InputRole } from "../../gen/comfyscheduler/v1/input_pb";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import type { Edit } from "./jobDraft";

const look = "flex flex-wrap items-center gap-2";

/** The job is not what it was when the edit began. */
export function ChangedElsewhere({ onTake, onKeep }: { onTake: () => void; onKeep: () => void }) {
  return (
    <Banner alert tone="busy" className={look}>
      <span className="mr-auto">This job was changed in another window.</span>
      <Button onClick={onTake}>Take the new values</Button>
      <Button onClick={onKeep}>Keep mine</Button>
    </Banner>
  );
}

/** The job began while it was being edited: what was typed can still be booked. Below the fields, which must not move away. */
export function StartedMeanwhile(props: {
  job: Job;
  workflow: Workflow;
  edit: Edit;
  busy: boolean;
  onDiscard: () => void;
}) {
  const { job, workflow, edit, busy, onDiscard } = props;
  return (
    <Banner alert tone="busy" className={look}>
      <span className="mr-auto min-w-60 flex-1">
        <b className="block font-semibold">{whatHappened(job, workflow, edit)}</b>
        {edit.dirty ? "What you typed is kept here." : "What you type now can be booked as another one."}
      </span>
      {edit.dirty && (
        <Button type="submit" tone="primary" disabled={busy}>
          Book next free slot with what you typed
        </Button>
      )}
      <Button onClick={onDiscard}>Discard</Button>
    </Banner>
  );
}

function whatHappened({ status }: Job, workflow: Workflow, { dirty, values, base }: Edit): string {
  const prompt = inputFor(workflow, InputRole.PROMPT)?.name;
  if (status === JobStatus.CANCELLED) return "The booking was cancelled.";
  if (!dirty) return "It started.";
  const rewritten = prompt !== undefined && values[prompt] !== base[prompt];
  return `It started with the old ${rewritten ? "prompt" : "settings"}.`;
}
