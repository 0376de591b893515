import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { IdentityService, TokenDelivery } from "../gen/comfyscheduler/v1/identity_service_pb";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { createApi } from "../lib/transport";
import { job, noon, response } from "../testing/fixtures";
import { follow } from "./feed";
import { emptyState, reduce } from "./state";

const first = response({
  connectionId: "connection",
  snapshot: { revision: { epoch: "e", number: 7n }, serverTimeMs: BigInt(noon), jobs: [job("a")] },
});

/** A server whose n-th stream is the n-th of these; the feed is stopped when they have run out. */
function run(streams: (() => AsyncIterable<typeof first>)[], signedIn = true) {
  const stop = new AbortController();
  const log: string[] = [];
  const resumed: (bigint | undefined)[] = [];
  let known = signedIn;
  let state = emptyState;
  const transport = createRouterTransport(({ service }) => {
    service(IdentityService, {
      getMe: () => {
        if (!known) throw new ConnectError("sign in", Code.Unauthenticated);
        return { user: { id: "u", name: "User-1" } };
      },
      signIn: ({ delivery }) => {
        log.push(`sign in ${TokenDelivery[delivery]}`);
        known = true;
        return { user: { id: "u", name: "User-9" } };
      },
    });
    service(SchedulerService, {
      async *watchState({ resumeAfter }) {
        resumed.push(resumeAfter?.number);
        const next = streams.shift();
        if (next) yield* next();
        else stop.abort();
      },
    });
  });
  const done = follow({
    api: createApi(transport),
    emit: (event) => {
      state = reduce(state, event);
      if (event.kind === "link") log.push(event.link.phase);
    },
    revision: () => state.revision,
    retry: async () => {},
    signal: stop.signal,
    random: () => 0,
  });
  return { done, log, resumed, state: () => state };
}

describe("follow", () => {
  it("goes live with the first response", async () => {
    const feed = run([
      async function* () {
        yield first;
      },
    ]);
    await feed.done;
    expect(feed.log.slice(0, 3)).toEqual(["connecting", "live", "waiting"]);
    expect(feed.state().connectionId).toBe("connection");
    expect(feed.state().jobs.size).toBe(1);
  });

  it("signs a new browser in with a cookie", async () => {
    const feed = run([], false);
    await feed.done;
    expect(feed.log).toContain("sign in COOKIE");
    expect(feed.state().me?.name).toBe("User-9");
  });

  it("reconnects after an error and resumes where it was", async () => {
    const feed = run([
      async function* () {
        yield first;
        throw new ConnectError("stopping", Code.Unavailable);
      },
      async function* () {
        yield response({ deltas: [{ revision: { epoch: "e", number: 8n }, jobs: [job("b")] }] });
      },
    ]);
    await feed.done;
    expect(feed.resumed.slice(0, 3)).toEqual([undefined, 7n, 8n]);
    expect([...feed.state().jobs.keys()]).toEqual(["a", "b"]);
  });
});
