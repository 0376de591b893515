import { Code, ConnectError } from "@connectrpc/connect";
import type { User } from "../gen/comfyscheduler/v1/identity_pb";
import { TokenDelivery } from "../gen/comfyscheduler/v1/identity_service_pb";
import type { Revision } from "../gen/comfyscheduler/v1/state_pb";
import type { Api } from "../lib/transport";
import type { FeedEvent } from "./state";

/** A stream that says nothing for this long is dead: the server sends a heartbeat every 15 seconds. */
const silenceLimit = 40_000;
const firstPause = 300;
const longestPause = 10_000;

/** FeedOptions is what the feed needs from its surroundings. */
export interface FeedOptions {
  readonly api: Api;
  readonly emit: (event: FeedEvent) => void;
  /** The revision to resume after. */
  readonly revision: () => Revision | undefined;
  readonly signal: AbortSignal;
  /** Resolves early when the user or the network asks for another try. */
  readonly retry: (signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/** Follows the live state until `signal` aborts: signs in when nobody is, and reconnects for ever. */
export async function follow(options: FeedOptions): Promise<void> {
  let failures = 0;
  while (!options.signal.aborted) {
    options.emit({ kind: "link", link: { phase: "connecting" } });
    try {
      options.emit({ kind: "me", user: await identify(options.api, options.signal) });
      await watch(options, () => {
        failures = 0;
      });
      await rest(options, failures++, "The server ended the connection.", false);
    } catch (cause) {
      if (options.signal.aborted) return;
      const error = ConnectError.from(cause);
      const refused = error.code === Code.PermissionDenied || error.code === Code.Unimplemented;
      await rest(options, failures++, error.rawMessage, refused);
    }
  }
}

/** Tells who the cookie belongs to; a browser without one becomes a new user. */
async function identify(api: Api, signal: AbortSignal): Promise<User> {
  try {
    const { user } = await api.identity.getMe({}, { signal });
    if (user) return user;
  } catch (cause) {
    if (ConnectError.from(cause).code !== Code.Unauthenticated) throw cause;
  }
  const request = { delivery: TokenDelivery.COOKIE, clientName: "web" };
  const { user } = await api.identity.signIn(request, { signal });
  if (!user) throw new ConnectError("the server signed nobody in", Code.Internal);
  return user;
}

async function watch({ api, emit, revision, signal }: FeedOptions, onLive: () => void): Promise<void> {
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), silenceLimit);
  const stop = AbortSignal.any([signal, silence.signal]);
  let live = false;
  try {
    for await (const response of api.scheduler.watchState(
      { resumeAfter: revision(), client: "web" },
      { signal: stop },
    )) {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), silenceLimit);
      emit({ kind: "response", response, receivedAt: Date.now() });
      if (live) continue;
      live = true;
      onLive();
      emit({ kind: "link", link: { phase: "live" } });
    }
  } finally {
    clearTimeout(alarm);
  }
}

/** Waits before the next try: longer after each failure, and jittered so that a class does not come back at once. */
async function rest(options: FeedOptions, failures: number, reason: string, refused: boolean): Promise<void> {
  const ceiling = refused ? 3 * longestPause : Math.min(longestPause, firstPause * 2 ** failures);
  const pause = ceiling * (0.5 + 0.5 * (options.random ?? Math.random)());
  options.emit({ kind: "link", link: { phase: "waiting", retryAt: Date.now() + pause, reason, refused } });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), pause);
  await options.retry(AbortSignal.any([options.signal, over.signal]));
  clearTimeout(timer);
  over.abort();
}
