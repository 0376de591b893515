import { Code, ConnectError } from "@connectrpc/connect";
import { useCallback } from "react";
import { useNotify } from "../components/Notices";
import type { Inputs } from "../form/values";
import { ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import { formatMoment } from "../lib/format";
import { type Problem, problemOf } from "../lib/problem";
import { randomUuid } from "../lib/random";
import { startOf } from "../lib/slots";
import { useLiveContext } from "../live/LiveContext";
import { serverNow } from "../live/now";
import { rememberWorkflow } from "../live/recent";
import { conflictNotice } from "./conflict";

/** BookingWish is what somebody wants booked. */
export interface BookingWish {
  readonly workflowId: string;
  /** The version for whose form the inputs were made. */
  readonly workflowVersion: string;
  readonly inputs: Inputs;
  /** Exact start in milliseconds since the Unix epoch; the next free one when absent. */
  readonly start?: number;
  /** Worker; any that can run it when absent. */
  readonly workerId?: string | undefined;
  /** It may start earlier when a worker would be idle: what the server takes for granted without an exact start. */
  readonly sooner?: boolean | undefined;
}

/** A lost answer is asked for once more, under the same request id, after this many milliseconds. */
const again = 700;

/** What became of a wish. */
export interface BookingOutcome {
  readonly job?: Job | undefined;
  readonly problem?: Problem;
}

/** Takes another start for the same wish, the next free one when it is absent. */
type TakeInstead = (start: number | undefined) => void;

/**
 * Books; tells the visitor how it went, and offers the next free start when the slot is taken. The offer is accepted through
 * `take`, so that whoever made the wish hears what became of it.
 */
export function useBooking(): (wish: BookingWish, take: TakeInstead) => Promise<BookingOutcome> {
  const { api, store } = useLiveContext();
  const notify = useNotify();

  return useCallback(
    async (wish: BookingWish, take: TakeInstead) => {
      const about = "booking";
      const request = requestOf(wish);
      try {
        const { job } = await api.scheduler.bookJob(request).catch(async (cause: unknown) => {
          if (!isLost(cause)) throw cause;
          await new Promise((resolve) => setTimeout(resolve, again));
          return api.scheduler.bookJob(request);
        });
        rememberWorkflow(wish.workflowId);
        if (job) {
          const at = formatMoment(startOf(job), serverNow(store));
          notify({ about, tone: "good", title: `Booked for ${at}.` });
        }
        return { job };
      } catch (cause) {
        const problem = problemOf(cause);
        const { conflict, fields, message } = problem;
        const past = fields.get("start_ms");
        const word = refusals[problem.reason];
        if (word) notify({ about, tone: "bad", title: word, detail: message });
        else if (conflict)
          notify({ about, ...conflictNotice(conflict, { verb: "Book", now: serverNow(store), take }) });
        else if (fields.size === 0) notify({ about, tone: "bad", title: message });
        else if (past !== undefined)
          notify({
            about,
            tone: "bad",
            title: `Not booked: the slot ${past}.`,
            action: { label: "Book next free slot", run: () => take(undefined) },
          });
        return { problem };
      }
    },
    [api, store, notify],
  );
}

/** What is said where the reason is the workflow's, before the server's own words. */
const refusals: Partial<Record<ErrorReason, string>> = {
  [ErrorReason.NOT_BOOKABLE]: "Not booked: the workflow cannot run now.",
  [ErrorReason.STALE_WORKFLOW]: "Not booked: the workflow has changed. Look over the fields, then book again.",
};

function requestOf({ start, workflowId, workflowVersion, inputs, workerId = "", sooner }: BookingWish) {
  return {
    requestId: randomUuid(),
    start:
      start === undefined
        ? ({ case: "earliestStartMs", value: 0n } as const)
        : ({ case: "startMs", value: BigInt(Math.round(start)) } as const),
    workflowId,
    workflowVersion,
    workerId,
    inputs,
    ...(start === undefined && sooner !== undefined && { sooner }),
  };
}

/** Whether the request may have been carried out without our hearing of it. */
function isLost(cause: unknown): boolean {
  const error = ConnectError.from(cause);
  const told = problemOf(error).reason !== ErrorReason.UNSPECIFIED;
  return !told && (error.code === Code.Unavailable || error.code === Code.Unknown);
}
