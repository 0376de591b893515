import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { SystemStatus } from "../gen/comfyscheduler/v1/state_pb";
import { BootOutcome, type BootStep, type Worker } from "../gen/comfyscheduler/v1/worker_pb";
import type { WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import type { SlotDurations } from "../lib/lanes";
import { bySlot } from "../lib/slots";
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
export function slotDurations(workflow: WorkflowSummary | undefined): SlotDurations {
  const known = (workflow?.estimates ?? []).filter(({ slotDurationMs }) => slotDurationMs > 0n);
  return new Map(known.map(({ workerId, slotDurationMs }) => [workerId, Number(slotDurationMs)]));
}

/**
 * How long the slot of a booked job would be on each worker that can run it: its own length, in the proportion of what is known of
 * both.
 */
export function jobDurations(job: Job, workflows: readonly WorkflowSummary[]): SlotDurations {
  const own = Number(job.durationMs);
  const known = slotDurations(workflows.find(({ id }) => id === job.workflowId));
  const here = known.get(job.workerId);
  const others = here === undefined ? [] : [...known].map(([id, ms]) => [id, Math.round((own * ms) / here)] as const);
  return new Map([...others, [job.workerId, own]]);
}

/** Whether bookings are accepted: from the first known estimate on. */
export function selectBookable(state: LiveState): boolean {
  return state.workflows.some((workflow) => slotDurations(workflow).size > 0);
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
