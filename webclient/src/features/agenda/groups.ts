import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { bySlot } from "../../lib/slots";
import { hasEnded } from "../../live/state";

/** Groups are the schedule as a list. All are taken from one set of jobs, so that a job is in exactly one of them. */
export interface Groups {
  /** Earliest slot first. */
  readonly running: readonly Job[];
  /** Earliest slot first. */
  readonly upcoming: readonly Job[];
  /** Latest outcome first. Bookings that were taken back before they ran are left out: nothing finished. */
  readonly ended: readonly Job[];
}

export function groupsOf(jobs: Iterable<Job>): Groups {
  const [running, upcoming, ended]: [Job[], Job[], Job[]] = [[], [], []];
  for (const job of jobs) {
    if (job.status === JobStatus.PROCESSING) running.push(job);
    else if (job.status === JobStatus.SCHEDULED) upcoming.push(job);
    else if (hasEnded(job) && !takenBack(job)) ended.push(job);
  }
  running.sort(bySlot);
  upcoming.sort(bySlot);
  ended.sort((a, b) => Number(b.finishedAtMs - a.finishedAtMs));
  return { running, upcoming, ended };
}

function takenBack(job: Job): boolean {
  return job.status === JobStatus.CANCELLED && job.startedAtMs === 0n;
}
