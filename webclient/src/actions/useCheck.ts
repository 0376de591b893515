import type { MessageInitShape } from "@bufbuild/protobuf";
import { useEffect, useMemo, useState } from "react";
import { type FormValues, inputFor, readValues } from "../form/values";
import { ErrorReason, type SlotConflict } from "../gen/comfyscheduler/v1/error_pb";
import type { EstimateBasis } from "../gen/comfyscheduler/v1/estimate_pb";
import { InputRole } from "../gen/comfyscheduler/v1/input_pb";
import type { CheckBookingRequestSchema, CheckBookingResponse } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import type { SlotDurations } from "../lib/lanes";
import { sentence } from "../lib/words/words";
import { useLive, useLiveContext } from "../live/LiveContext";
import { selectJobs } from "../live/selectors";
import { hasEnded } from "../live/state";
import { useLiveEvery } from "../live/useLiveEvery";

/** Check is what the server would give for the fields as they stand. Times in milliseconds. */
export interface Check {
  readonly workerId: string;
  /** Expected length of the generation; 0 when it is not known. */
  readonly expected: number;
  /** Length of the slot; 0 when it is not known. */
  readonly duration: number;
  readonly basis: EstimateBasis;
  /** Why it would be refused, beside the place being taken; empty when it would not. */
  readonly refusal: string;
  /** What is in the way of the place. */
  readonly conflict: SlotConflict | undefined;
  readonly response: CheckBookingResponse;
}

/** CheckWish is what is asked about. */
export interface CheckWish {
  readonly workflow: Workflow | undefined;
  readonly values: FormValues;
  /** The next free start when absent. */
  readonly start?: number | undefined;
  readonly workerId?: string | undefined;
  /** The job that would be changed; none for a new booking. */
  readonly jobId?: string | undefined;
  /** What is known of lengths: another is a reason to ask again. */
  readonly durations: SlotDurations;
}

/** What one has booked is looked at this often, in milliseconds: limits count it. */
const lookEvery = 1_000;
/** Fields must rest this long, in milliseconds, before the server is asked. */
const rest = 300;

/**
 * What a booking of these fields would get: asked while people type, and again when what is known changes. The answer before stands
 * until the next one is there; absent while none is. What the prompt says is not asked about.
 */
export function useCheck({ workflow, values, start, workerId, jobId, durations }: CheckWish): Check | undefined {
  const { api } = useLiveContext();
  const [answer, setAnswer] = useState<{ of: string; check: Check }>();
  const id = workflow?.summary?.id ?? "";
  const request = useMemo(
    () => requestOf({ workflow, values, start, workerId, jobId, durations }),
    [workflow, values, start, workerId, jobId, durations],
  );
  const known = [...durations].join();
  const booked = useBooked();
  const key = request === undefined ? "" : `${JSON.stringify(request, plain)} ${known} ${booked}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the request is what the key says
  useEffect(() => {
    if (!request) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const response = await api.scheduler.checkBooking(request, { signal: stop.signal });
        setAnswer({ of: id, check: checkOf(response) });
      } catch {
        // Nothing is said then: what is known of the workflow stands in.
        if (!stop.signal.aborted) setAnswer(undefined);
      }
    }, rest);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, id, key]);
  return answer?.of === id && request ? answer.check : undefined;
}

/** What one has booked and has not ended, as a text that is another when that changes. */
function useBooked(): string {
  const myId = useLive(({ me }) => me?.id);
  const jobs = useLiveEvery(selectJobs, lookEvery);
  return useMemo(() => {
    const own = [...jobs.values()].filter((job) => job.userId === myId && !hasEnded(job));
    return own.map(({ id, durationMs }) => `${id}:${durationMs}`).join();
  }, [jobs, myId]);
}

/** The question; none while the fields cannot be read. */
function requestOf(wish: CheckWish): MessageInitShape<typeof CheckBookingRequestSchema> | undefined {
  const { workflow, values, start, workerId = "", jobId = "" } = wish;
  if (!workflow?.summary) return undefined;
  const prompt = inputFor(workflow, InputRole.PROMPT);
  const { inputs } = readValues(prompt ? { ...values, [prompt.name]: "…" } : values, workflow);
  if (!inputs) return undefined;
  return {
    start:
      start === undefined
        ? { case: "earliestStartMs", value: 0n }
        : { case: "startMs", value: BigInt(Math.round(start)) },
    workflowId: workflow.summary.id,
    workerId,
    jobId,
    inputs,
  };
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** What the form finds out by itself, while it is asked about. */
const known: readonly ErrorReason[] = [ErrorReason.SLOT_TAKEN, ErrorReason.STALE_WORKFLOW, ErrorReason.NOT_READY];

function checkOf(response: CheckBookingResponse): Check {
  const told = response.problems.filter(
    ({ info }) =>
      !known.includes(info?.reason ?? ErrorReason.UNSPECIFIED) &&
      !info?.fields.some(({ field }) => field === "start_ms"),
  );
  const taken = response.problems.find(({ info }) => info?.detail.case === "slotConflict")?.info?.detail;
  const message = told[0]?.info?.fields[0]?.message || told[0]?.message || "";
  return {
    workerId: response.workerId,
    expected: Number(response.expectedMs),
    duration: Number(response.slotDurationMs),
    basis: response.estimateBasis,
    conflict: taken?.case === "slotConflict" ? taken.value : undefined,
    refusal: message === "" ? "" : sentence(message) + (/[.!?]$/.test(message) ? "" : "."),
    response,
  };
}

/** The lengths for the fields as they stand: those that are known, in the proportion that the check tells for one worker. */
export function checkedDurations(durations: SlotDurations, check: Check | undefined): SlotDurations {
  const here = check && durations.get(check.workerId);
  if (!check || !here || check.duration === 0 || check.duration === here) return durations;
  return new Map([...durations].map(([id, ms]) => [id, Math.round((ms * check.duration) / here)]));
}
