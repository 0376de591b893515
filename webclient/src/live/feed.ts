import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import type { User } from "../gen/comfyscheduler/v1/identity_pb";
import { TokenDelivery } from "../gen/comfyscheduler/v1/identity_service_pb";
import { AccessMode, type Revision } from "../gen/comfyscheduler/v1/state_pb";
import { browserName } from "../lib/browserName";
import { problemOf } from "../lib/problem";
import type { Api } from "../lib/transport";
import type { FeedControls } from "./controls";
import type { FeedEvent, SignedOut } from "./state";

/** A stream that says nothing for this long is dead: the server sends a heartbeat every 15 seconds. */
const silenceLimit = 40_000;
const firstDelay = 300;
const longestDelay = 10_000;

/** FeedOptions is what the feed needs from its surroundings. */
export interface FeedOptions {
  readonly api: Api;
  readonly emit: (event: FeedEvent) => void;
  /** The revision to resume after. */
  readonly revision: () => Revision | undefined;
  /** Somebody was signed in here before: a lost token is then told instead of making a new user. */
  readonly known: boolean;
  readonly controls: Pick<FeedControls, "wait" | "renewal">;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}

/** Follows the live state until `signal` aborts: signs a new browser in where it may, and reconnects for ever. */
export async function follow(options: FeedOptions): Promise<void> {
  const { api, emit, controls, signal } = options;
  let { known } = options;
  let outside = false;
  let failures = 0;
  while (!signal.aborted) {
    // Whoever stands at the door is not told of each look whether it has opened.
    if (!outside) emit({ kind: "link", link: { phase: "connecting" } });
    const renewal = controls.renewal();
    try {
      const who = await identify(api, known, AbortSignal.any([signal, renewal]));
      outside = "phase" in who;
      if ("phase" in who) {
        emit({ kind: "link", link: who });
        await controls.wait(signal);
        continue;
      }
      known = true;
      emit({ kind: "me", user: who });
      await watch(options, renewal, () => {
        failures = 0;
      });
      await rest(options, failures++, new ConnectError("The server ended the connection.", Code.Unavailable));
    } catch (cause) {
      if (signal.aborted) return;
      if (!renewal.aborted) await rest(options, failures++, ConnectError.from(cause));
    }
  }
}

/** Tells who the cookie belongs to. A browser that never had one becomes a new user, where anybody may. */
async function identify(api: Api, known: boolean, signal: AbortSignal): Promise<User | SignedOut> {
  try {
    const { user } = await api.identity.getMe({}, { signal });
    if (user) return user;
  } catch (cause) {
    if (ConnectError.from(cause).code !== Code.Unauthenticated) throw cause;
  }
  if (known) return { phase: "signed-out", mode: AccessMode.UNSPECIFIED };
  try {
    const request = { delivery: TokenDelivery.COOKIE, clientName: browserName(navigator.userAgent) };
    const { user } = await api.identity.signIn(request, { signal });
    if (!user) throw new ConnectError("the server signed nobody in", Code.Internal);
    return user;
  } catch (cause) {
    const mode = closedBy(problemOf(cause).reason);
    if (mode === undefined) throw cause;
    return { phase: "signed-out", mode };
  }
}

/** The mode in which signing in is refused for this reason; undefined for any other reason. */
export function closedBy(reason: ErrorReason): AccessMode | undefined {
  if (reason === ErrorReason.INVITATION_NEEDED) return AccessMode.INVITE;
  return reason === ErrorReason.SIGN_IN_CLOSED ? AccessMode.CLOSED : undefined;
}

async function watch(
  { api, emit, revision, signal }: FeedOptions,
  renewal: AbortSignal,
  onLive: () => void,
): Promise<void> {
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), silenceLimit);
  const stop = AbortSignal.any([signal, renewal, silence.signal]);
  let live = false;
  try {
    for await (const response of api.scheduler.watchState(
      { resumeAfter: revision(), client: "web" },
      { signal: stop },
    )) {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), silenceLimit);
      const receivedAt = Date.now();
      if (live && response.snapshot) {
        // A stream begins anew within itself when its viewer's rights have changed.
        const { user } = await api.identity.getMe({}, { signal: stop });
        if (user) emit({ kind: "me", user });
      }
      emit({ kind: "response", response, receivedAt });
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
async function rest(options: FeedOptions, failures: number, error: ConnectError): Promise<void> {
  const refused = error.code === Code.PermissionDenied || error.code === Code.Unimplemented;
  const ceiling = refused ? 3 * longestDelay : Math.min(longestDelay, firstDelay * 2 ** failures);
  const delay = problemOf(error).retryAfter + ceiling * (0.5 + 0.5 * (options.random ?? Math.random)());
  const link = { phase: "waiting", retryAt: Date.now() + delay, reason: error.rawMessage, refused } as const;
  options.emit({ kind: "link", link });
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), delay);
  await options.controls.wait(AbortSignal.any([options.signal, over.signal]));
  clearTimeout(timer);
  over.abort();
}
