import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ConnectRouter, createRouterTransport } from "@connectrpc/connect";
import { UserSchema } from "../gen/comfyscheduler/v1/identity_pb";
import { InputRole } from "../gen/comfyscheduler/v1/input_pb";
import { type Job, JobSchema, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { type WatchStateResponse, WatchStateResponseSchema } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import {
  type Workflow,
  WorkflowSchema,
  type WorkflowSummary,
  WorkflowSummarySchema,
} from "../gen/comfyscheduler/v1/workflow_pb";
import { WorkflowService } from "../gen/comfyscheduler/v1/workflow_service_pb";
import { createApi } from "../lib/transport";
import type { LiveLink } from "../live/connect";
import { createLive, type Live } from "../live/LiveContext";
import type { FeedEvent } from "../live/state";
import { createLiveStore } from "../live/store";

/** A link to no server. */
const deafLink: LiveLink = { retry: () => {}, renew: () => {}, close: () => {} };

/** What pages live on, without a server, and with drafts of its own. */
export function testLive(parts: Partial<Pick<Live, "store" | "api" | "link">> = {}): Live {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
  const api = createApi(createRouterTransport(() => {}));
  return createLive({ store: createLiveStore(0), api, link: deafLink, ...parts }, () => storage);
}

/** A moment to build tests around, in milliseconds since the Unix epoch. */
export const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

/** What a test says of a job: `start` and `durationMs` make its slot. */
export type JobInit = Exclude<MessageInitShape<typeof JobSchema>, Job> & { readonly start?: number };

/** A scheduled job with a ten-second slot at noon on worker "gpu", whatever is not given. */
export function job(id: string, { start = noon, ...init }: JobInit = {}): Job {
  const startMs = BigInt(start);
  const { durationMs = 10_000n } = init;
  return create(JobSchema, {
    id,
    userId: "user-1",
    workerId: "gpu",
    workflowId: "klein",
    workflowVersion: "v1",
    status: JobStatus.SCHEDULED,
    timeSlot: { startMs, endMs: startMs + durationMs },
    durationMs,
    prompt: `prompt of ${id}`,
    version: 1n,
    attempt: 1,
    ...init,
  });
}

/** The inputs of a booking of `klein`, with this prompt and this seed. */
export function kleinInputs(prompt: string, seed = 1n) {
  return {
    prompt: { value: { case: "text", value: prompt } },
    seed: { value: { case: "seed", value: seed } },
    width: { value: { case: "integer", value: 512n } },
    cfg: { value: { case: "number", value: 1.5 } },
    sampler: { value: { case: "text", value: "euler" } },
    tiled: { value: { case: "boolean", value: false } },
  } as const;
}

export function response(init: MessageInitShape<typeof WatchStateResponseSchema>): WatchStateResponse {
  return create(WatchStateResponseSchema, init);
}

/** The workflow of the tests as lists tell of it. */
export const kleinSummary: WorkflowSummary = create(WorkflowSummarySchema, {
  id: "klein",
  title: "Klein",
  version: "v1",
  bookable: true,
  estimates: [{ workerId: "gpu", slotDurationMs: 5_000n }],
});

/** A workflow with a prompt, a seed, and an input of every kind that is a parameter. */
export const klein: Workflow = create(WorkflowSchema, {
  summary: kleinSummary,
  inputs: [
    {
      name: "prompt",
      label: "Prompt",
      role: InputRole.PROMPT,
      kind: { case: "text", value: { maxBytes: 16_384, multiline: true, example: "A lighthouse" } },
    },
    {
      name: "seed",
      label: "Seed",
      role: InputRole.SEED,
      kind: { case: "seed", value: { min: 0n, max: 2n ** 64n - 1n } },
    },
    {
      name: "width",
      label: "Width",
      kind: { case: "integer", value: { min: 64n, max: 2048n, default: 512n } },
    },
    { name: "cfg", kind: { case: "number", value: { min: 0, default: 1.5 } } },
    { name: "sampler", kind: { case: "choice", value: { choices: ["euler", "dpm"], default: "euler" } } },
    { name: "tiled", kind: { case: "boolean", value: { default: false } } },
  ],
});

/** A server that tells the form of `klein`; further services may be added to it. */
export function kleinServer(router: ConnectRouter): ConnectRouter {
  return router.service(WorkflowService, { getWorkflow: () => ({ workflow: klein }) });
}

/** The first thing a page hears of a service that can be booked; the visitor is "user-1". */
export function bookableState(jobs: readonly Job[] = [], users: Readonly<Record<string, string>> = {}): FeedEvent {
  return {
    kind: "response",
    receivedAt: Date.now(),
    response: response({
      heartbeat: { serverTimeMs: BigInt(Date.now()) },
      snapshot: {
        revision: { epoch: "e", number: 1n },
        jobs: [...jobs],
        users: Object.entries({ "user-1": "User-1", ...users }).map(([userId, name]) => ({ userId, name })),
      },
      statuses: [{ complete: true, workflows: [kleinSummary], system: { workers: [{ id: "gpu" }] } }],
    }),
  };
}

/** The visitor of the tests: owner of the jobs above. */
export const visitor: FeedEvent = {
  kind: "me",
  user: create(UserSchema, { id: "user-1", name: "User-1" }),
};
