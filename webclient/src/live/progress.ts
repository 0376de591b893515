import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { type Pace, type Progress, paceOf, progressOf } from "../lib/progress";
import { useLiveContext } from "./LiveContext";
import { useNow } from "./now";
import type { LiveState } from "./state";

/** Paces kept: every bar of a run goes along the same one, on whatever page it is. */
const most = 200;
const paces = new Map<string, Pace>();

/** How far a running job is at a moment; it never goes back within one run. */
export function progressNow(job: Job, progress: LiveState["progress"], now: number): Progress {
  const key = `${job.id}/${job.attempt}`;
  const pace = paceOf(job, progress.get(job.id), now, paces.get(key));
  paces.set(key, pace);
  for (const oldest of [...paces.keys()].slice(0, Math.max(0, paces.size - most))) paces.delete(oldest);
  return progressOf(job, now, pace);
}

/** The same, renewed several times a second. */
export function useProgress(job: Job): Progress {
  const { store } = useLiveContext();
  return progressNow(job, store.get().progress, useNow(250));
}
