import type { Notice } from "../components/Notices";
import type { InputChange } from "../form/values";
import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { startOf } from "../lib/slots";
import { sentence } from "../lib/words/words";
import { workerTitle } from "../lib/words/worker";
import type { Live } from "../live/LiveContext";
import { serverNow } from "../live/now";
import { selectWorkers } from "../live/selectors";
import { conflictNotice } from "./conflict";

type JobVersion = Pick<Job, "id" | "version">;

/** A target of a move: a start in milliseconds since the Unix epoch, or the next free one. */
export type Target = number | "next";

/** JobActions change a job that is booked. None of them throws: what went wrong is said on the page. */
export interface JobActions {
  /** Moves to another start, and to another worker where one is named. Resolves to whether the move was accepted. */
  readonly move: (job: Job, target: Target, workerId?: string) => Promise<boolean>;
  /** Takes the last accepted move back. */
  readonly undoMove: () => void;
  /**
   * Changes what is given, against the version that was edited, and moves the job where a start is given. Resolves to the job as it is
   * then, or to the problem.
   */
  readonly update: (job: JobVersion, change: InputChange, start?: number) => Promise<{ job?: Job; problem?: Problem }>;
  readonly cancel: (job: Job) => Promise<void>;
}

/** Makes the actions of a page; `show` tells the visitor how each went. */
export function createJobActions(
  { api, store }: Pick<Live, "api" | "store">,
  show: (notice: Notice) => void,
): JobActions {
  const notify = (job: Pick<Job, "id">, notice: Notice) => show({ ...notice, about: job.id });
  const lane = (id: string) => workerTitle(selectWorkers(store.get()).find((worker) => worker.id === id) ?? { id });
  const moment = (at: number) => formatMoment(at, serverNow(store));
  let lastMove: { readonly id: string; readonly from: number; readonly workerId: string } | undefined;

  async function move(job: Job, target: Target, workerId = ""): Promise<boolean> {
    try {
      const { job: moved } = await api.scheduler.moveJob({
        jobId: job.id,
        version: job.version,
        workerId,
        start:
          target === "next"
            ? { case: "earliestStartMs", value: 0n }
            : { case: "startMs", value: BigInt(Math.round(target)) },
      });
      const start = startOf(moved ?? job);
      const other = moved !== undefined && moved.workerId !== job.workerId;
      const back = lastMove?.id === job.id && lastMove.from === start && lastMove.workerId === (moved ?? job).workerId;
      lastMove = back ? undefined : { id: job.id, from: startOf(job), workerId: job.workerId };
      const where = other ? `${lane(moved.workerId)}, ` : "";
      notify(
        job,
        back
          ? { tone: "good", title: `Moved back to ${where}${moment(start)}.` }
          : { tone: "good", title: `Moved to ${where}${moment(start)}.`, action: { label: "Undo", run: undoMove } },
      );
      return true;
    } catch (cause) {
      const problem = problemOf(cause);
      const take = (start: number) => void move(store.get().jobs.get(job.id) ?? job, start, workerId);
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
    if (lastMove && job) void move(job, lastMove.from, job.workerId === lastMove.workerId ? "" : lastMove.workerId);
  }

  async function update(job: JobVersion, change: InputChange, at?: number): Promise<{ job?: Job; problem?: Problem }> {
    try {
      const { job: changed } = await api.scheduler.updateJob({
        jobId: job.id,
        version: job.version,
        ...change,
        ...(at !== undefined && { start: { case: "startMs", value: BigInt(Math.round(at)) } }),
      });
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
