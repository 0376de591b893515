import type { Notice } from "../components/Notices";
import type { InputChange } from "../form/values";
import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { startOf } from "../lib/slots";
import { sentence } from "../lib/words/words";
import type { Live } from "../live/LiveContext";
import { serverNow } from "../live/now";
import { conflictNotice } from "./conflict";

type JobVersion = Pick<Job, "id" | "version">;

/** A target of a move: a start in milliseconds since the Unix epoch, or the next free one. */
export type Target = number | "next";

/** JobActions change a job that is booked. None of them throws: what went wrong is said on the page. */
export interface JobActions {
  /** Resolves to whether the move was accepted. */
  readonly move: (job: Job, target: Target) => Promise<boolean>;
  /** Takes the last accepted move back. */
  readonly undoMove: () => void;
  /** Changes what is given, against the version that was edited. Resolves to the job as it is then, or to the problem. */
  readonly update: (job: JobVersion, change: InputChange) => Promise<{ job?: Job; problem?: Problem }>;
  readonly cancel: (job: Job) => Promise<void>;
}

/** Makes the actions of a page; `show` tells the visitor how each went. */
export function createJobActions(
  { api, store }: Pick<Live, "api" | "store">,
  show: (notice: Notice) => void,
): JobActions {
  const notify = (job: Pick<Job, "id">, notice: Notice) => show({ ...notice, about: job.id });
  const moment = (at: number) => formatMoment(at, serverNow(store));
  let lastMove: { readonly id: string; readonly from: number } | undefined;

  async function move(job: Job, target: Target): Promise<boolean> {
    try {
      const { job: moved } = await api.scheduler.moveJob({
        jobId: job.id,
        version: job.version,
        start:
          target === "next"
            ? { case: "earliestStartMs", value: 0n }
            : { case: "startMs", value: BigInt(Math.round(target)) },
      });
      const start = startOf(moved ?? job);
      const back = lastMove?.id === job.id && lastMove.from === start;
      lastMove = back ? undefined : { id: job.id, from: startOf(job) };
      notify(
        job,
        back
          ? { tone: "good", title: `Moved back to ${moment(start)}.` }
          : { tone: "good", title: `Moved to ${moment(start)}.`, action: { label: "Undo", run: undoMove } },
      );
      return true;
    } catch (cause) {
      const problem = problemOf(cause);
      const take = (start: number) => void move(store.get().jobs.get(job.id) ?? job, start);
      const detail = sentence([...problem.fields.values()][0] ?? problem.message);
      notify(
        job,
        problem.conflict
          ? conflictNotice(problem.conflict, { verb: "Move to", now: serverNow(store), take })
          : { tone: "bad", title: "Not moved.", detail },
      );
      return false;
    }
  }

  function undoMove(): void {
    const job = lastMove && store.get().jobs.get(lastMove.id);
    if (lastMove && job) void move(job, lastMove.from);
  }

  async function update(job: JobVersion, change: InputChange): Promise<{ job?: Job; problem?: Problem }> {
    try {
      const { job: changed } = await api.scheduler.updateJob({ jobId: job.id, version: job.version, ...change });
      notify(job, { tone: "good", title: "Job updated." });
      return changed ? { job: changed } : {};
    } catch (cause) {
      return { problem: problemOf(cause) };
    }
  }

  async function cancel(job: Job): Promise<void> {
    try {
      const answer = await api.scheduler.cancelJob({ jobId: job.id });
      const done = answer.job?.status === JobStatus.CANCELLED;
      notify(job, {
        tone: "plain",
        title: done ? "Booking cancelled. Its slot is free again." : "Cancelling the running job…",
      });
    } catch (cause) {
      notify(job, { tone: "bad", title: "Not cancelled.", detail: problemOf(cause).message });
    }
  }

  return { move, undoMove, update, cancel };
}
