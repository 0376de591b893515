import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { problemOf } from "./problem";

const tries = 3;
/** Somebody waits for the answer: a wait longer than this, in milliseconds, is told instead. */
const longest = 4_000;

/**
 * Asks again after the time that a busy server names. That is safe for every call: one that is refused for coming too
 * soon was not looked at. Streams come back by themselves.
 */
export const retryBusy: Interceptor = (next) => async (request) => {
  for (let left = tries; ; left--) {
    try {
      return await next(request);
    } catch (cause) {
      const { reason, retryAfter } = problemOf(cause);
      const busy = reason === ErrorReason.TOO_MANY_REQUESTS && retryAfter <= longest;
      if (!busy || left === 0 || request.stream) throw cause;
      await sleep(retryAfter + Math.random() * 100, request.signal);
    }
  }
};

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new ConnectError("cancelled", Code.Canceled));
    });
  });
}
