import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { UserSchema } from "../gen/comfyscheduler/v1/identity_pb";
import { type Job, JobSchema, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { type WatchStateResponse, WatchStateResponseSchema } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { ParameterKind, type Workflow, WorkflowSchema } from "../gen/comfyscheduler/v1/workflow_pb";
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

/** A scheduled job with a ten-second slot at noon on worker "gpu", whatever is not given. */
export function job(id: string, init: MessageInitShape<typeof JobSchema> = {}): Job {
  return create(JobSchema, {
    id,
    userId: "user-1",
    userName: "User-1",
    workerId: "gpu",
    workflowId: "klein",
    status: JobStatus.SCHEDULED,
    timeSlot: BigInt(noon),
    durationMs: 10_000n,
    prompt: `prompt of ${id}`,
    version: 1n,
    attempt: 1,
    ...init,
  });
}

export function response(init: MessageInitShape<typeof WatchStateResponseSchema>): WatchStateResponse {
  return create(WatchStateResponseSchema, init);
}

/** A workflow with a parameter of every kind. */
export const klein: Workflow = create(WorkflowSchema, {
  id: "klein",
  title: "Klein",
  examplePrompt: "A lighthouse",
  seedMin: 0n,
  seedMax: 2n ** 64n - 1n,
  parameters: [
    {
      name: "width",
      title: "Width",
      kind: ParameterKind.INTEGER,
      min: 64,
      max: 2048,
      default: { value: { case: "integer", value: 512n } },
    },
    { name: "cfg", kind: ParameterKind.NUMBER, min: 0, default: { value: { case: "number", value: 1.5 } } },
    {
      name: "sampler",
      kind: ParameterKind.CHOICE,
      choices: ["euler", "dpm"],
      default: { value: { case: "text", value: "euler" } },
    },
    { name: "tiled", kind: ParameterKind.BOOLEAN, default: { value: { case: "boolean", value: false } } },
  ],
});

/** The first thing a page hears of a service that can be booked; the visitor is "user-1". */
export function bookableState(jobs: readonly Job[] = []): FeedEvent {
  return {
    kind: "response",
    receivedAt: Date.now(),
    response: response({
      snapshot: {
        revision: { epoch: "e", number: 1n },
        serverTimeMs: BigInt(Date.now()),
        workflows: [klein],
        jobs: [...jobs],
        system: { workers: [{ id: "gpu", estimates: [{ workflowId: "klein", slotDurationMs: 5_000n }] }] },
      },
    }),
  };
}

/** The visitor of the tests: owner of the jobs above. */
export const visitor: FeedEvent = {
  kind: "me",
  user: create(UserSchema, { id: "user-1", name: "User-1" }),
};
