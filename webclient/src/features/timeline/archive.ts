import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { JobOrder } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import type { UserName } from "../../gen/comfyscheduler/v1/state_pb";
import type { Slot } from "../../lib/slots";
import type { Api } from "../../lib/transport";

/** Jobs fetched for one stretch of time at most: a day of very short slots. */
const most = 5_000;
const pageSize = 500;

/** Archive holds jobs beside the live state: those before its history and after its horizon. */
export interface Archive {
  readonly get: () => ReadonlyMap<string, Job>;
  readonly subscribe: (listener: () => void) => () => void;
  /** Makes sure that the stretch is fetched, once. Failures are tried again at the next call. */
  readonly ensure: (stretch: Slot) => Promise<void>;
  /** Forgets everything: the live state began anew. */
  readonly clear: () => void;
}

export function createArchive(api: Api, learn: (users: readonly UserName[]) => void): Archive {
  let jobs: ReadonlyMap<string, Job> = new Map();
  let fetched: Slot[] = [];
  const listeners = new Set<() => void>();

  return {
    get: () => jobs,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    clear: () => {
      fetched = [];
      jobs = new Map();
    },
    ensure: async (stretch) => {
      if (fetched.some(({ start, end }) => start <= stretch.start && end >= stretch.end)) return;
      fetched = [...fetched, stretch];
      try {
        const found = await listAll(api, learn, stretch);
        jobs = new Map([...jobs, ...found.map((job) => [job.id, job] as const)]);
        for (const listener of listeners) listener();
      } catch {
        fetched = fetched.filter((known) => known !== stretch);
      }
    },
  };
}

async function listAll(api: Api, learn: (users: readonly UserName[]) => void, { start, end }: Slot): Promise<Job[]> {
  const window = { startMs: BigInt(Math.max(0, Math.floor(start))), endMs: BigInt(Math.ceil(end)) };
  const found: Job[] = [];
  let pageToken = "";
  do {
    const page = await api.scheduler.listJobs({ window, order: JobOrder.TIME_SLOT_ASC, pageSize, pageToken });
    learn(page.users);
    found.push(...page.jobs);
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && found.length < most);
  return found;
}

/** The jobs of both; of two versions of a job the later one counts. */
export function merged(live: ReadonlyMap<string, Job>, archived: ReadonlyMap<string, Job>): ReadonlyMap<string, Job> {
  if (archived.size === 0) return live;
  const jobs = new Map(archived);
  for (const [id, job] of live) {
    const known = jobs.get(id);
    if (!known || known.version <= job.version) jobs.set(id, job);
  }
  return jobs;
}
