import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it, vi } from "vitest";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import type { UserSchema } from "../gen/comfyscheduler/v1/identity_pb";
import { IdentityService, TokenDelivery } from "../gen/comfyscheduler/v1/identity_service_pb";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { AccessMode } from "../gen/comfyscheduler/v1/state_pb";
import { createApi } from "../lib/transport";
import { job, noon, response } from "../testing/fixtures";
import { createControls } from "./controls";
import { follow } from "./feed";
import { emptyState, reduce } from "./state";

const beginning = {
  connectionId: "connection",
  snapshot: { revision: { epoch: "e", number: 7n }, jobs: [job("a")] },
  heartbeat: { serverTimeMs: BigInt(noon) },
};
const first = response(beginning);

interface Visit {
  /** The cookie is good. */
  readonly signedIn?: boolean;
  /** Somebody was signed in here before. */
  readonly known?: boolean;
  /** Why nobody becomes a user by just asking. */
  readonly closed?: ErrorReason;
}

/** A server whose n-th stream is the n-th of these; the feed is stopped when they have run out. */
function run(streams: (() => AsyncIterable<typeof first>)[], visit: Visit = {}) {
  const { signedIn = true, known = false, closed } = visit;
  const stop = new AbortController();
  const controls = createControls();
  const log: string[] = [];
  const resumed: (bigint | undefined)[] = [];
  let user: MessageInitShape<typeof UserSchema> | undefined = signedIn ? { id: "u", name: "User-1" } : undefined;
  let state = emptyState;
  const transport = createRouterTransport(({ service }) => {
    service(IdentityService, {
      getMe: () => {
        if (!user) throw new ConnectError("sign in", Code.Unauthenticated);
        return { user };
      },
      signIn: ({ delivery }) => {
        log.push(`sign in ${TokenDelivery[delivery]}`);
        if (closed !== undefined) throw refused(closed);
        user = { id: "u", name: "User-9" };
        return { user };
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
    known,
    controls: {
      ...controls,
      // Pauses are skipped; at the door the feed waits for the visitor.
      wait: (signal) => (state.link.phase === "signed-out" ? controls.wait(signal) : Promise.resolve()),
    },
    signal: stop.signal,
    random: () => 0,
  });
  const atTheDoor = () => vi.waitFor(() => expect(state.link.phase).toBe("signed-out"));
  const become = (next: typeof user) => {
    user = next;
  };
  return { done, log, resumed, state: () => state, stop: () => stop.abort(), controls, become, atTheDoor };
}

function refused(reason: ErrorReason): ConnectError {
  return new ConnectError("no", Code.PermissionDenied, undefined, [{ desc: ErrorInfoSchema, value: { reason } }]);
}

/** A stream that says one thing and stays open until it is left. */
const open = () =>
  async function* () {
    yield first;
    await new Promise(() => {});
  };

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
    const feed = run([], { signedIn: false });
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

describe("a restart of the service", () => {
  it("costs no snapshot: what is kept goes on from its revision, what is not comes anew", async () => {
    const status = (version: string) => ({ complete: true, system: { version } });
    const feed = run([
      async function* () {
        yield response({ ...beginning, statuses: [status("1")] });
        throw new ConnectError("stopping", Code.Unavailable);
      },
      async function* () {
        yield response({
          connectionId: "another",
          deltas: [{ revision: { epoch: "e", number: 8n }, jobs: [job("b")] }],
          statuses: [status("2")],
        });
      },
    ]);
    await feed.done;
    expect(feed.resumed.slice(0, 2)).toEqual([undefined, 7n]);
    const { jobs, system, connectionId, generation } = feed.state();
    expect([...jobs.keys()]).toEqual(["a", "b"]);
    expect([system?.version, connectionId, generation]).toEqual(["2", "another", 1]);
  });
});

describe("the door", () => {
  it.each([
    [ErrorReason.INVITATION_NEEDED, AccessMode.INVITE],
    [ErrorReason.SIGN_IN_CLOSED, AccessMode.CLOSED],
  ])("is told from a refusal, reason %i is mode %i", async (closed, mode) => {
    const feed = run([], { signedIn: false, closed });
    await feed.atTheDoor();
    expect(feed.state().link).toEqual({ phase: "signed-out", mode });
    feed.stop();
    await feed.done;
  });

  it("lets nobody in as somebody else after a token was lost, until the visitor says so", async () => {
    const feed = run([open()], { signedIn: false, known: true });
    await feed.atTheDoor();
    expect(feed.log).toEqual(["connecting", "signed-out"]);
    feed.controls.retry();
    await vi.waitFor(() => expect(feed.log).toEqual(["connecting", "signed-out", "signed-out"]));
    feed.become({ id: "u", name: "Ada" });
    feed.controls.renew();
    await vi.waitFor(() => expect(feed.state().me?.name).toBe("Ada"));
    feed.stop();
    await feed.done;
  });

  it("closes when the token is revoked, and takes everything that was seen along", async () => {
    const feed = run([
      async function* () {
        yield first;
        feed.become(undefined);
        throw new ConnectError("the token was revoked", Code.Unauthenticated);
      },
    ]);
    await feed.atTheDoor();
    expect(feed.state().jobs.size).toBe(0);
    expect(feed.state().me).toBeUndefined();
    expect(feed.log).not.toContain("sign in COOKIE");
    feed.stop();
    await feed.done;
  });

  it("lets a user through to what new rights show, within the stream that is open", async () => {
    const feed = run([
      async function* () {
        yield first;
        feed.become({ id: "u", name: "User-1", administrator: true });
        yield response({ snapshot: { revision: { epoch: "e", number: 7n }, jobs: [job("a"), job("b")] } });
        await new Promise(() => {});
      },
    ]);
    await vi.waitFor(() => expect(feed.state().me?.administrator).toBe(true));
    await vi.waitFor(() => expect([...feed.state().jobs.keys()]).toEqual(["a", "b"]));
    feed.stop();
    await feed.done;
  });

  it("begins anew, without a revision, when the browser's user has changed", async () => {
    const feed = run([open()]);
    await vi.waitFor(() => expect(feed.state().jobs.size).toBe(1));
    feed.become({ id: "other", name: "Grace" });
    feed.controls.renew();
    await feed.done;
    expect(feed.resumed).toEqual([undefined, undefined]);
    expect(feed.state().me?.name).toBe("Grace");
    expect(feed.state().jobs.size).toBe(0);
  });
});
