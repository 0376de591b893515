import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { BootOutcome, type BootStep, SystemStatus, type Worker } from "../gen/comfyscheduler/v1/system_pb";
import type { Viewer } from "../lib/words";
import { hasEnded, type LiveState } from "./state";

/** A list is computed once per set of jobs, however many components ask for it. */
function perJobs<T>(compute: (jobs: LiveState["jobs"]) => T): (state: LiveState) => T {
  const known = new WeakMap<LiveState["jobs"], { value: T }>();
  return ({ jobs }) => {
    const hit = known.get(jobs) ?? { value: compute(jobs) };
    known.set(jobs, hit);
    return hit.value;
  };
}

/** All jobs, by id. */
export const selectJobs = ({ jobs }: LiveState) => jobs;

const bySlot = (a: Job, b: Job) => Number(a.timeSlot - b.timeSlot);

/** Running jobs, earliest slot first. */
export const selectRunning = perJobs((jobs) =>
  [...jobs.values()].filter((job) => job.status === JobStatus.PROCESSING).sort(bySlot),
);

/** Scheduled jobs, earliest slot first. */
export const selectUpcoming = perJobs((jobs) =>
  [...jobs.values()].filter((job) => job.status === JobStatus.SCHEDULED).sort(bySlot),
);

/** Ended jobs, latest outcome first. */
export const selectEnded = perJobs((jobs) =>
  [...jobs.values()].filter(hasEnded).sort((a, b) => Number(b.finishedAtMs - a.finishedAtMs)),
);

/** Who looks at the page, and what users are called now. To be compared with `sameViewer`. */
export function selectViewer({ me, names }: LiveState): Viewer {
  return { id: me?.id, names };
}

export function sameViewer(a: Viewer, b: Viewer): boolean {
  return a.id === b.id && a.names === b.names;
}

/** The worker that bookings from this page go to: the first of the configuration. */
export function selectWorker(state: LiveState): Worker | undefined {
  return state.system?.workers[0];
}

/** Length of the slot a booking of the workflow would get now, in milliseconds; 0 until it is known. */
export function slotDuration(worker: Worker | undefined, workflowId: string | undefined): number {
  const estimate = worker?.estimates.find((candidate) => candidate.workflowId === workflowId) ?? worker?.estimates[0];
  return Number(estimate?.slotDurationMs ?? 0n);
}

/** Whether bookings are accepted: from the first known estimate on. */
export function selectBookable(state: LiveState): boolean {
  return selectWorker(state)?.estimates.some(({ slotDurationMs }) => slotDurationMs > 0n) ?? false;
}

/** Whether any worker makes stand-in pictures. */
export function selectSimulated(state: LiveState): boolean {
  return state.system?.workers.some(({ simulated }) => simulated) ?? false;
}

/** The step of a boot that is going on or failed. */
export function currentStep(worker: Worker | undefined): BootStep | undefined {
  return worker?.bootSteps.findLast(({ outcome }) => outcome === BootOutcome.RUNNING || outcome === BootOutcome.FAILED);
}

/** Whether the service has never been ready since it started. */
export function isBooting(status: SystemStatus | undefined): boolean {
  return status === SystemStatus.BOOTING || status === SystemStatus.BENCHMARKING;
}
