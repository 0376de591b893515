import { Code, ConnectError } from "@connectrpc/connect";
import { useCallback } from "react";
import { useNotify } from "../components/Notices";
import type { Settings } from "../form/values";
import { ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { formatTime } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { randomUuid } from "../lib/random";
import { useLiveContext } from "../live/LiveContext";
import { conflictNotice } from "./conflict";

/** BookingWish is what somebody wants booked. */
export interface BookingWish extends Settings {
  readonly workflowId: string;
  /** Exact start in milliseconds since the Unix epoch; the next free one when absent. */
  readonly start?: number;
}

/** A lost answer is asked for once more, under the same request id, after this many milliseconds. */
const again = 700;

/** Books; tells the visitor how it went, and offers the next free start when the slot is taken. */
export function useBooking(): (wish: BookingWish) => Promise<{ job?: Job | undefined; problem?: Problem }> {
  const { api } = useLiveContext();
  const notify = useNotify();

  return useCallback(
    async function book(wish: BookingWish) {
      const { start, workflowId, prompt, parameters, seed } = wish;
      const request = {
        requestId: randomUuid(),
        start:
          start === undefined
            ? ({ case: "nextFreeFrom", value: 0n } as const)
            : ({ case: "timeSlot", value: BigInt(Math.round(start)) } as const),
        workflowId,
        prompt,
        parameters,
        ...(seed !== undefined && { seed }),
      };
      try {
        const { job } = await api.scheduler.bookJob(request).catch(async (cause: unknown) => {
          if (!isLost(cause)) throw cause;
          await new Promise((resolve) => setTimeout(resolve, again));
          return api.scheduler.bookJob(request);
        });
        if (job) notify({ tone: "good", title: `Booked for ${formatTime(Number(job.timeSlot))}.` });
        return { job };
      } catch (cause) {
        const problem = problemOf(cause);
        const retry = (next: number) => void book({ ...wish, start: next });
        if (problem.conflict) notify(conflictNotice(problem.conflict, "Book", retry));
        else if (problem.fields.size === 0) notify({ tone: "bad", title: problem.message });
        else if (problem.fields.has("time_slot"))
          notify({
            tone: "bad",
            title: `Not booked: the slot ${problem.fields.get("time_slot")}.`,
            action: { label: "Book next free slot", run: () => void book(withoutStart(wish)) },
          });
        return { problem };
      }
    },
    [api, notify],
  );
}

function withoutStart({ start: _, ...wish }: BookingWish): BookingWish {
  return wish;
}

/** Whether the request may have been carried out without our hearing of it. */
function isLost(cause: unknown): boolean {
  const error = ConnectError.from(cause);
  const told = problemOf(error).reason !== ErrorReason.UNSPECIFIED;
  return !told && (error.code === Code.Unavailable || error.code === Code.Unknown);
}
