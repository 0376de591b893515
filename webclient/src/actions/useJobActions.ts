import { useCallback, useMemo, useRef } from "react";
import { useNotify } from "../components/Notices";
import type { Settings } from "../form/values";
import { type Job, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { formatTime } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { useLiveContext } from "../live/LiveContext";
import { conflictNotice } from "./conflict";

/** A target of a move: a start in milliseconds since the Unix epoch, or the next free one. */
export type Target = number | "next";

/** JobActions change a job that is booked. None of them throws: what went wrong is said on the page. */
export interface JobActions {
  readonly move: (job: Job, target: Target) => Promise<void>;
  /** Takes the last accepted move back. */
  readonly undoMove: () => void;
  /** Resolves to the problem when the job could not be changed. */
  readonly update: (job: Job, settings: Partial<Settings>) => Promise<Problem | undefined>;
  readonly cancel: (job: Job) => Promise<void>;
}

export function useJobActions(): JobActions {
  const { api, store } = useLiveContext();
  const notify = useNotify();
  const lastMove = useRef<{ id: string; from: number } | undefined>(undefined);

  const move = useCallback(
    async function move(job: Job, target: Target, undoing = false): Promise<void> {
      const next = target === "next";
      try {
        const answer = await api.scheduler.updateJob({
          jobId: job.id,
          version: job.version,
          edit: next ? { nextFreeFrom: 0n } : { timeSlot: BigInt(Math.round(target)) },
          updateMask: { paths: [next ? "next_free_from" : "time_slot"] },
        });
        const start = formatTime(Number(answer.job?.timeSlot ?? job.timeSlot));
        if (undoing) {
          lastMove.current = undefined;
          return notify({ tone: "good", title: `Moved back to ${start}.` });
        }
        lastMove.current = { id: job.id, from: Number(job.timeSlot) };
        notify({ tone: "good", title: `Moved to ${start}.`, action: { label: "Undo", run: undo } });
      } catch (cause) {
        const problem = problemOf(cause);
        const retry = (start: number) => void move(store.get().jobs.get(job.id) ?? job, start);
        notify(
          problem.conflict
            ? conflictNotice(problem.conflict, "Move to", retry)
            : { tone: "bad", title: "Not moved.", detail: [...problem.fields.values()][0] ?? problem.message },
        );
      }

      function undo() {
        const back = lastMove.current;
        const current = back && store.get().jobs.get(back.id);
        if (current) void move(current, back.from, true);
      }
    },
    [api, store, notify],
  );

  const update = useCallback(
    async (job: Job, { prompt, seed, parameters }: Partial<Settings>) => {
      try {
        await api.scheduler.updateJob({
          jobId: job.id,
          version: job.version,
          edit: {
            ...(prompt !== undefined && { prompt }),
            ...(seed !== undefined && { seed }),
            ...(parameters && { parameters }),
          },
          updateMask: {
            paths: [
              ...(prompt === undefined ? [] : ["prompt"]),
              ...(seed === undefined ? [] : ["seed"]),
              ...(parameters ? ["parameters"] : []),
            ],
          },
        });
        notify({ tone: "good", title: "Job updated." });
        return undefined;
      } catch (cause) {
        return problemOf(cause);
      }
    },
    [api, notify],
  );

  const cancel = useCallback(
    async (job: Job) => {
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
    },
    [api, notify],
  );

  return useMemo(
    () => ({
      move: (job, target) => move(job, target),
      undoMove: () => {
        const back = lastMove.current;
        const current = back && store.get().jobs.get(back.id);
        if (current) void move(current, back.from, true);
      },
      update,
      cancel,
    }),
    [move, update, cancel, store],
  );
}
