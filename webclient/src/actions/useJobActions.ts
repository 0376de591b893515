import { useMemo } from "react";
import { type Notice, useNotify } from "../components/Notices";
import type { Settings } from "../form/values";
import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatTime } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { type Live, useLiveContext } from "../live/LiveContext";
import { conflictNotice } from "./conflict";

/** A target of a move: a start in milliseconds since the Unix epoch, or the next free one. */
export type Target = number | "next";

/** JobActions change a job that is booked. None of them throws: what went wrong is said on the page. */
export interface JobActions {
  /** Resolves to whether the move was accepted. */
  readonly move: (job: Job, target: Target) => Promise<boolean>;
  /** Takes the last accepted move back. */
  readonly undoMove: () => void;
  /** Resolves to the problem when the job could not be changed. */
  readonly update: (job: Job, settings: Partial<Settings>) => Promise<Problem | undefined>;
  readonly cancel: (job: Job) => Promise<void>;
}

export function useJobActions(): JobActions {
  const live = useLiveContext();
  const notify = useNotify();
  return useMemo(() => createJobActions(live, notify), [live, notify]);
}

function createJobActions({ api, store }: Live, notify: (notice: Notice) => void): JobActions {
  let lastMove: { readonly id: string; readonly from: number } | undefined;

  async function move(job: Job, target: Target): Promise<boolean> {
    const next = target === "next";
    try {
      const { job: moved } = await api.scheduler.updateJob({
        jobId: job.id,
        version: job.version,
        edit: next ? { nextFreeFrom: 0n } : { timeSlot: BigInt(Math.round(target)) },
        updateMask: { paths: [next ? "next_free_from" : "time_slot"] },
      });
      const start = Number(moved?.timeSlot ?? job.timeSlot);
      const back = lastMove?.id === job.id && lastMove.from === start;
      lastMove = back ? undefined : { id: job.id, from: Number(job.timeSlot) };
      notify(
        back
          ? { tone: "good", title: `Moved back to ${formatTime(start)}.` }
          : { tone: "good", title: `Moved to ${formatTime(start)}.`, action: { label: "Undo", run: undoMove } },
      );
      return true;
    } catch (cause) {
      const problem = problemOf(cause);
      const retry = (start: number) => void move(store.get().jobs.get(job.id) ?? job, start);
      notify(
        problem.conflict
          ? conflictNotice(problem.conflict, "Move to", retry)
          : { tone: "bad", title: "Not moved.", detail: [...problem.fields.values()][0] ?? problem.message },
      );
      return false;
    }
  }

  function undoMove(): void {
    const job = lastMove && store.get().jobs.get(lastMove.id);
    if (lastMove && job) void move(job, lastMove.from);
  }

  async function update(job: Job, settings: Partial<Settings>): Promise<Problem | undefined> {
    const paths = (["prompt", "seed", "parameters"] as const).filter((name) => settings[name] !== undefined);
    try {
      await api.scheduler.updateJob({ jobId: job.id, version: job.version, edit: settings, updateMask: { paths } });
      notify({ tone: "good", title: "Job updated." });
      return undefined;
    } catch (cause) {
      return problemOf(cause);
    }
  }

  async function cancel(job: Job): Promise<void> {
    try {
      const answer = await api.scheduler.cancelJob({ jobId: job.id });
      const done = answer.job?.status === JobStatus.CANCELLED;
      notify({
        tone: "plain",
        title: done ? "Booking cancelled. Its slot is free again." : "Cancelling the running job…",
      });
    } catch (cause) {
      notify({ tone: "bad", title: "Not cancelled.", detail: problemOf(cause).message });
    }
  }

  return { move, undoMove, update, cancel };
}
