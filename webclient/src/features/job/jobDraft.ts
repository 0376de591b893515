import { useEffect } from "react";
import { type FormValues, rebased, sameValues, valuesOf } from "../../form/values";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { useDraft } from "../../live/useDraft";

/** JobDraft is an edit of a booking that is not saved: what the fields hold, and what they held when it began. */
export interface JobDraft {
  readonly values: FormValues;
  readonly base: FormValues;
  /** The job's version that `base` was read from. */
  readonly version: string;
}

/** Edit is the state of a booking's fields. */
export interface Edit {
  readonly values: FormValues;
  /** What the job holds as far as this edit knows. */
  readonly base: FormValues;
  /** The version to save against. */
  readonly version: bigint;
  /** Something is typed that is not saved. */
  readonly dirty: boolean;
  /** The job was changed elsewhere since the edit began. */
  readonly elsewhere: boolean;
  readonly change: (values: FormValues) => void;
  /** Drops what was typed. */
  readonly discard: () => void;
  /** Goes on from what the job holds now, with what was typed; fields that were left alone follow the job. */
  readonly rebase: () => void;
  /** What was typed is saved in this version. */
  readonly saved: (version: bigint) => void;
}

/** The unsaved edit of a job; it is there again when the job is. The job must be whole: what is cut must not be saved. */
export function useJobEdit(job: Job): Edit {
  const [draft, edit] = useDraft<JobDraft>(`job/${job.id}`);
  const current = valuesOf(job);
  // What was saved stands in for the job until the live state brings it.
  const open = draft && (isDirty(draft) || BigInt(draft.version) > job.version) ? draft : undefined;
  const changed = open !== undefined && BigInt(open.version) < job.version;
  const elsewhere = changed && !sameValues(current, open.base);
  const follows = open === undefined || (changed && !elsewhere);
  const base = follows ? current : open.base;
  const version = follows ? job.version : BigInt(open.version);
  const values = open?.values ?? current;
  useEffect(() => {
    if (draft && !open) edit(() => undefined);
  }, [draft, open, edit]);
  return {
    values,
    base,
    version,
    dirty: open !== undefined && isDirty(open),
    elsewhere,
    change: (next) =>
      edit(() => (sameValues(next, base) ? undefined : { values: next, base, version: version.toString() })),
    discard: () => edit(() => undefined),
    rebase: () =>
      edit(() => ({ values: rebased(values, base, current), base: current, version: job.version.toString() })),
    saved: (next) => edit(() => ({ values, base: values, version: next.toString() })),
  };
}

/** Whether something was typed for this job that is not saved. */
export function useUnsaved(jobId: string): boolean {
  const [draft] = useDraft<JobDraft>(`job/${jobId}`);
  return draft !== undefined && isDirty(draft);
}

function isDirty({ values, base }: JobDraft): boolean {
  return !sameValues(values, base);
}
