import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { act, fireEvent, renderHook, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it } from "vitest";
import { NoticeProvider } from "../components/Notices";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { type BookJobRequest, SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { createApi } from "../lib/transport";
import { LiveProvider } from "../live/LiveContext";
import { serverNow } from "../live/now";
import { recentWorkflows } from "../live/recent";
import { job, noon, testLive } from "../testing/fixtures";
import { useBooking } from "./useBooking";

const day = 86_400_000;
const wish = { workflowId: "klein", workflowVersion: "v1", inputs: {}, start: noon };

/** Books against a server that answers its calls one after the other with these. */
function setUp(...answers: (ConnectError | "booked" | "booked for tomorrow")[]) {
  const requests: BookJobRequest[] = [];
  const live = testLive();
  const transport = createRouterTransport(({ service }) => {
    service(SchedulerService, {
      bookJob: (request) => {
        requests.push(request);
        const answer = answers[requests.length - 1];
        if (answer instanceof ConnectError) throw answer;
        return { job: job("booked", answer === "booked" ? {} : { start: serverNow(live.store) + day }) };
      },
    });
  });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <LiveProvider live={{ ...live, api: createApi(transport) }}>
      <NoticeProvider>{children}</NoticeProvider>
    </LiveProvider>
  );
  const { result } = renderHook(() => useBooking(), { wrapper });
  const taken: (number | undefined)[] = [];
  return { requests, taken, book: () => act(() => result.current(wish, (start) => taken.push(start))) };
}

afterEach(() => document.body.replaceChildren());

it("asks once more under the same request id when the answer was lost", async () => {
  const { requests, book } = setUp(new ConnectError("connection reset", Code.Unavailable), "booked");
  const { job: booked } = await book();
  expect(booked?.id).toBe("booked");
  expect(requests.map(({ requestId }) => requestId)).toEqual([requests[0]?.requestId, requests[0]?.requestId]);
});

it("names the day of a slot that is not today's", async () => {
  const { book } = setUp("booked for tomorrow", "booked");
  await book();
  expect(screen.getByRole("status").textContent).toMatch(/Booked for (Mon|Tue|Wed|Thu|Fri|Sat|Sun)/);
});

it("does not ask again when the server said why not", async () => {
  const reason = { desc: ErrorInfoSchema, value: { reason: ErrorReason.NOT_READY } };
  const { requests, book } = setUp(new ConnectError("not ready yet", Code.Unavailable, undefined, [reason]));
  const { problem } = await book();
  expect(problem?.reason).toBe(ErrorReason.NOT_READY);
  expect(requests).toHaveLength(1);
  expect(screen.getByRole("alert").textContent).toContain("Not ready yet.");
});

it("says in words that a workflow cannot be booked, with the server's reason, and takes no note of it", async () => {
  localStorage.clear();
  const reason = { desc: ErrorInfoSchema, value: { reason: ErrorReason.NOT_BOOKABLE } };
  const refused = new ConnectError("the workflow is switched off", Code.FailedPrecondition, undefined, [reason]);
  const { book } = setUp(refused, "booked");
  await book();
  expect(screen.getByRole("alert").textContent).toContain("Not booked: the workflow cannot run now.");
  expect(screen.getByText("The workflow is switched off.")).toBeDefined();
  expect(recentWorkflows()).toEqual([]);
  await book();
  expect(recentWorkflows()).toEqual(["klein"]);
});

const conflictOf = (next: number) =>
  new ConnectError("taken", Code.FailedPrecondition, undefined, [
    {
      desc: ErrorInfoSchema,
      value: {
        reason: ErrorReason.SLOT_TAKEN,
        detail: {
          case: "slotConflict",
          value: {
            blocker: { case: "job", value: { jobId: "job-1", userName: "Ada" } },
            nextFreeStartMs: BigInt(next),
          },
        },
      },
    },
  ]);

it("leaves what becomes of an accepted offer to whoever made the wish", async () => {
  const { requests, taken, book } = setUp(conflictOf(noon + 60_000));
  await book();
  expect(screen.getByText("That slot is taken by Ada.")).toBeDefined();
  await act(async () => fireEvent.click(screen.getByRole("button", { name: /^Book / })));
  expect(taken).toEqual([noon + 60_000]);
  expect(requests).toHaveLength(1);
});

it("shows one refusal at a time: an older offer is gone when another is made", async () => {
  const { book } = setUp(conflictOf(noon + 60_000), conflictOf(noon + 90_000));
  await book();
  await book();
  expect(screen.getAllByRole("button", { name: /^Book / })).toHaveLength(1);
});
