import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { BootOutcome, type BootStep, SystemStatus, type Worker } from "../gen/comfyscheduler/v1/system_pb";
import type { SlotDurations } from "../lib/lanes";
import type { Viewer } from "../lib/words/words";
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

const noWorkers: readonly Worker[] = [];

/** The workers, in the order of the configuration. */
export function selectWorkers(state: LiveState): readonly Worker[] {
  return state.system?.workers ?? noWorkers;
}

/** How long a slot of the workflow would be now, on each worker where that is known. */
export function slotDurations(workers: readonly Worker[], workflowId: string | undefined): SlotDurations {
  const known = workers.flatMap(({ id, estimates }) => {
    const estimate = estimates.find((candidate) => candidate.workflowId === workflowId);
    const duration = Number(estimate?.slotDurationMs ?? 0n);
    return duration > 0 ? [[id, duration] as const] : [];
  });
  return new Map(known);
}

/** Whether bookings are accepted: from the first known estimate on. */
export function selectBookable(state: LiveState): boolean {
  return selectWorkers(state).some(({ estimates }) => estimates.some(({ slotDurationMs }) => slotDurationMs > 0n));
}

/** Whether any worker makes stand-in pictures. */
export function selectSimulated(state: LiveState): boolean {
  return state.system?.workers.some(({ simulated }) => simulated) ?? false;
}

/** The step of a boot that is going on or failed, of the first worker that has one. */
export function currentStep(workers: readonly Worker[]): BootStep | undefined {
  const current = ({ outcome }: BootStep) => outcome === BootOutcome.RUNNING || outcome === BootOutcome.FAILED;
  return workers.map(({ bootSteps }) => bootSteps.findLast(current)).find((step) => step !== undefined);
}

/** Whether the service has never been ready since it started. */
export function isBooting(status: SystemStatus | undefined): boolean {
  return status === SystemStatus.BOOTING || status === SystemStatus.BENCHMARKING;
}
