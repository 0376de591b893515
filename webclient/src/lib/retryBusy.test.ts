import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { IdentityService } from "../gen/comfyscheduler/v1/identity_service_pb";
import { retryBusy } from "./retryBusy";
import { createApi } from "./transport";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A server that is busy for the first calls and names this pause. */
function busy(calls: number, retryAfterMs: number) {
  let asked = 0;
  const transport = createRouterTransport(
    ({ service }) => {
      service(IdentityService, {
        updateMe: ({ name }) => {
          asked++;
          if (asked > calls) return { user: { name } };
          const metadata = { retry_after_ms: String(retryAfterMs) };
          const detail = { desc: ErrorInfoSchema, value: { reason: ErrorReason.TOO_MANY_REQUESTS, metadata } };
          throw new ConnectError("too many requests", Code.ResourceExhausted, undefined, [detail]);
        },
      });
    },
    { transport: { interceptors: [retryBusy] } },
  );
  const answer = createApi(transport).identity.updateMe({ name: "Ada" });
  answer.catch(() => {});
  return { answer, asked: () => asked };
}

it("asks again when the named pause is over, and not before", async () => {
  const { answer, asked } = busy(2, 500);
  await vi.advanceTimersByTimeAsync(499);
  expect(asked()).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await answer).user?.name).toBe("Ada");
  expect(asked()).toBe(3);
});

it("gives up after a few tries", async () => {
  const { answer, asked } = busy(99, 10);
  await vi.advanceTimersByTimeAsync(5_000);
  await expect(answer).rejects.toThrow("too many requests");
  expect(asked()).toBe(4);
});

it("tells of a long pause at once", async () => {
  const { answer, asked } = busy(99, 60_000);
  await vi.advanceTimersByTimeAsync(0);
  await expect(answer).rejects.toThrow("too many requests");
  expect(asked()).toBe(1);
});
