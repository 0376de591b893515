/** Load puts jobs on a real service's timeline and keeps changing them, as many people at once would. */
export interface Load {
  /** Books jobs one after another from now on; `count` in all. */
  readonly book: (count: number) => Promise<void>;
  /** Changes this many jobs a second until the signal aborts; resolves to the changes that were answered. */
  readonly change: (perSecond: number, signal: AbortSignal) => Promise<number>;
}

interface Known {
  readonly id: string;
  version: string;
}

const callers = 8;
const prompt = (text: string) => ({ prompt: { text } });

/** A load on the service at `url`, as the user whom the token proves: an administrator's has no limits. */
export function createLoad(url: string, token: string): Load {
  const jobs: Known[] = [];
  let made = 0;

  const call = async (method: string, body: object): Promise<{ job?: { id: string; version?: string } }> => {
    const answer = await fetch(`${url}/comfyscheduler.v1.SchedulerService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const bookOne = async () => {
    made++;
    const { job } = await call("BookJob", {
      earliestStartMs: "0",
      inputs: prompt(`Picture ${made} of a busy evening`),
    });
    if (job) jobs.push({ id: job.id, version: job.version ?? "1" });
  };
  const edit = async (job: Known) => {
    const answer = await call("UpdateJob", {
      jobId: job.id,
      version: job.version,
      inputs: prompt(`Picture ${++made}, drawn anew`),
    });
    job.version = answer.job?.version ?? job.version;
  };
  const replace = async (job: Known) => {
    jobs.splice(jobs.indexOf(job), 1);
    await call("CancelJob", { jobId: job.id });
    await bookOne();
  };

  return {
    book: async (count) => {
      const workers = Array.from({ length: callers }, async () => {
        while (made < count) await bookOne();
      });
      await Promise.all(workers);
    },
    change: async (perSecond, signal) => {
      let [asked, answered] = [0, 0];
      const open = new Set<Promise<void>>();
      const begun = performance.now();
      while (!signal.aborted) {
        const due = ((performance.now() - begun) / 1000) * perSecond;
        while (asked < due) {
          // One in ten goes, and another comes (two changes); the others are edited. The soonest are in sight, and most in demand.
          const place = Math.floor(jobs.length * Math.random() ** 2);
          const job = jobs[place];
          if (!job) break;
          const swap = asked % 10 === 9;
          asked += swap ? 2 : 1;
          const work = (swap ? replace(job) : edit(job)).then(
            () => {
              answered += swap ? 2 : 1;
            },
            () => {}, // Running and ended jobs refuse; that is no change.
          );
          open.add(work);
          void work.then(() => open.delete(work));
        }
        await new Promise((next) => setTimeout(next, 5));
      }
      await Promise.all(open);
      return answered;
    },
  };
}
