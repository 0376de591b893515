import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import type { UserName } from "../gen/comfyscheduler/v1/state_pb";
import type { Api } from "../lib/transport";

/** WholeJobs gives jobs with all of their texts: lists and the live state cut long ones (`shortened`). */
export interface WholeJobs {
  /** The whole of this version of the job, when it is at hand. */
  readonly get: (job: Job) => Job | undefined;
  /** The same, asked for when need be. A job that has changed meanwhile comes as it is now. */
  readonly fetch: (job: Job) => Promise<Job>;
}

/** Jobs kept: those that somebody looks at, and some before them. */
const most = 50;

export function createWholeJobs(api: Api, learn: (users: readonly UserName[]) => void): WholeJobs {
  const known = new Map<string, Job>();
  const asked = new Map<string, Promise<Job>>();

  const keep = (key: string, job: Job) => {
    known.delete(key);
    known.set(key, job);
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest);
  };
  const ask = async (key: string, job: Job) => {
    try {
      const { job: whole, users } = await api.scheduler.getJob({ jobId: job.id });
      if (!whole) throw new Error("the server has no such job");
      learn(users);
      keep(keyOf(whole), whole);
      keep(key, whole);
      return whole;
    } finally {
      asked.delete(key);
    }
  };

  return {
    get: (job) => (job.shortened ? known.get(keyOf(job)) : job),
    fetch: async (job) => {
      const key = keyOf(job);
      const whole = job.shortened ? known.get(key) : job;
      if (whole) return whole;
      const answer = asked.get(key) ?? ask(key, job);
      asked.set(key, answer);
      return answer;
    },
  };
}

function keyOf({ id, version }: Job): string {
  return `${id}/${version}`;
}
