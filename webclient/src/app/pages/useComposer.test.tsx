import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, renderHook, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { NoticeProvider } from "../../components/Notices";
import { ErrorInfoSchema, ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import { InputSchema } from "../../gen/comfyscheduler/v1/input_pb";
import { type BookJobRequest, SchedulerService } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { WorkflowService } from "../../gen/comfyscheduler/v1/workflow_service_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { bookableState, job, klein, kleinInputs, kleinSummary, response, testLive } from "../../testing/fixtures";
import { useComposer } from "./useComposer";

const soon = () => Date.now() + 3_000;
const later = () => Date.now() + 3_600_000;

function taken(next: number): ConnectError {
  const blocker = { case: "job", value: { jobId: "job-1", userName: "Ada" } } as const;
  const detail = { case: "slotConflict", value: { blocker, nextFreeStartMs: BigInt(next) } } as const;
  const value = { reason: ErrorReason.SLOT_TAKEN, detail };
  return new ConnectError("taken", Code.FailedPrecondition, undefined, [{ desc: ErrorInfoSchema, value }]);
}

/** The composer of a page, against a server that answers its bookings one after the other with these. */
function setUp(...answers: (ConnectError | "booked")[]) {
  const requests: BookJobRequest[] = [];
  const server = { workflow: klein };
  const transport = createRouterTransport((router) => {
    router.service(WorkflowService, {
      getWorkflow: ({ workflowId }) => ({
        workflow: { ...server.workflow, summary: { ...(server.workflow.summary ?? kleinSummary), id: workflowId } },
      }),
    });
    router.service(SchedulerService, {
      checkBooking: ({ inputs }) => ({
        workerId: "gpu",
        expectedMs: 6_000n,
        // A slot of five seconds at the default width, and more for more.
        slotDurationMs: inputs["width"]?.value.value === 512n ? 5_000n : 20_000n,
        problems: [
          { info: { reason: ErrorReason.SLOT_TAKEN }, message: "taken" },
          { info: { reason: ErrorReason.TOO_MANY_BOOKINGS }, message: "you have 3 of 3 bookings" },
        ],
      }),
      bookJob: (request) => {
        requests.push(request);
        const answer = answers[requests.length - 1];
        if (answer instanceof ConnectError) throw answer;
        return { job: job(`booked-${requests.length}`) };
      },
    });
  });
  const live = testLive({ api: createApi(transport) });
  live.store.apply(bookableState());
  const wrapper = ({ children }: { children: ReactNode }) => (
    <LiveProvider live={live}>
      <NoticeProvider>{children}</NoticeProvider>
    </LiveProvider>
  );
  const onBooked = vi.fn();
  /** The page when it knows the form of its workflow. */
  const page = async () => {
    const hook = renderHook(() => useComposer(onBooked), { wrapper });
    await waitFor(() => expect(hook.result.current.workflow).toBeDefined());
    return hook;
  };
  return { server, live, requests, onBooked, page };
}

afterEach(cleanup);

/** What a request says in its prompt. */
const promptOf = ({ inputs }: BookJobRequest) => inputs["prompt"]?.value.value;

const fox = { prompt: "A fox" };
const v2 = { ...kleinSummary, version: "v2" };
/** The same workflow, whose pictures are not as wide any more. */
const narrower = {
  ...klein,
  summary: v2,
  inputs: klein.inputs.map((input) =>
    input.name === "width"
      ? create(InputSchema, {
          name: "width",
          label: "Width",
          kind: { case: "integer", value: { min: 64n, max: 1024n, default: 512n } },
        })
      : input,
  ),
};

it("leaves no conflict behind when the offer of a refused booking is accepted, and opens the new job", async () => {
  const [wanted, free] = [later(), later() + 60_000];
  const { requests, onBooked, page } = setUp(taken(free), "booked");
  const { result } = await page();
  act(() => result.current.setValues(fox));
  act(() => result.current.setStart(wanted));
  await act(() => result.current.book(wanted));
  expect(onBooked).not.toHaveBeenCalled();

  const offer = screen.getByRole("button", { name: /^Book / });
  await act(async () => {
    fireEvent.click(offer);
    fireEvent.click(offer);
  });
  expect(requests.map(({ start }) => start.value)).toEqual([BigInt(wanted), BigInt(free)]);
  expect(result.current.start).toBeUndefined();
  expect(onBooked.mock.calls.map(([{ id }]) => id)).toEqual(["booked-2"]);
  expect(screen.queryByText(/is taken by/)).toBeNull();
});

it("books once, however often it is asked while the answer is under way", async () => {
  const { requests, page } = setUp("booked", "booked");
  const { result } = await page();
  act(() => result.current.setValues(fox));
  await act(() => Promise.all([result.current.book(undefined), result.current.book(undefined)]));
  expect(requests).toHaveLength(1);
});

it("keeps the draft and the chosen start when the page is left", async () => {
  const { page } = setUp();
  const first = await page();
  act(() => first.result.current.setValues({ ...fox, prompt: "Half a thou" }));
  const start = later();
  act(() => first.result.current.setStart(start));
  first.unmount();
  const { result } = await page();
  expect(result.current.values.prompt).toBe("Half a thou");
  expect(result.current.start).toBe(start);
});

it("gives the fields back that were filled before another job's settings were taken", async () => {
  const { page } = setUp();
  const { result } = await page();
  act(() => result.current.setValues(fox));
  act(() => result.current.reuse(job("old", { inputs: kleinInputs("prompt of old") })));
  expect(result.current.values.prompt).toBe("prompt of old");
  act(() => fireEvent.click(screen.getByRole("button", { name: "Undo" })));
  expect(result.current.values.prompt).toBe("A fox");
});

it("chooses a near place and asks for the prompt, where there is none: nobody asked for the example", async () => {
  const { requests, page } = setUp("booked");
  const { result } = await page();
  const [near, far] = [soon(), later()];
  await act(async () => result.current.take({ start: near }));
  expect(requests).toHaveLength(0);
  expect(result.current.start).toBe(near);
  expect(result.current.promptAsked).toBe(1);

  await act(async () => result.current.take({ start: far }));
  expect(requests.map(promptOf)).toEqual(["A lighthouse"]);
});

it("has a slot as long as the form asks for, and says what would be refused before it is", async () => {
  const { page } = setUp();
  const { result } = await page();
  await waitFor(() => expect(result.current.check).toMatchObject({ expected: 6_000, duration: 5_000 }));
  expect(result.current.check?.refusal).toBe("You have 3 of 3 bookings.");
  act(() => result.current.setValues({ ...result.current.values, width: "2048" }));
  await waitFor(() => expect(result.current.durations.get("gpu")).toBe(20_000));
  act(() => result.current.setValues({ ...result.current.values, width: "many" }));
  expect(result.current.durations.get("gpu")).toBe(5_000);
});

it("asks for a slot that becomes no earlier one only where that is wanted", async () => {
  const { requests, page } = setUp("booked", "booked");
  const { result } = await page();
  act(() => result.current.setValues(fox));
  await act(async () => result.current.book(undefined));
  act(() => result.current.setSooner(false));
  await act(async () => result.current.book(undefined));
  expect(requests.map(({ sooner }) => sooner)).toEqual([true, false]);
});

it("books a near place at once when the prompt is there", async () => {
  const { requests, page } = setUp("booked");
  const { result } = await page();
  act(() => result.current.setValues(fox));
  await act(async () => result.current.take({ start: soon() }));
  expect(requests.map(promptOf)).toEqual(["A fox"]);
});

it("books the next free slot where the chosen start would have passed on the way", async () => {
  const { requests, page } = setUp("booked");
  const { result } = await page();
  act(() => result.current.setValues(fox));
  await act(() => result.current.book(Date.now() + 200));
  expect(requests.map(({ start }) => start.case)).toEqual(["earliestStartMs"]);
});

function stale(version: string): ConnectError {
  const value = { reason: ErrorReason.STALE_WORKFLOW, metadata: { workflow_id: "klein", version } };
  return new ConnectError("stale", Code.FailedPrecondition, undefined, [{ desc: ErrorInfoSchema, value }]);
}

it("reads the form again when it is refused as stale, keeps what fits, and says what is another", async () => {
  const { server, requests, page } = setUp(stale("v2"), "booked");
  const { result } = await page();
  act(() => result.current.setValues({ ...fox, width: "2000" }));
  server.workflow = narrower;
  await act(() => result.current.book(undefined));
  await waitFor(() => expect(result.current.workflow?.summary?.version).toBe("v2"));
  expect(result.current.values).toMatchObject({ prompt: "A fox", width: "512" });
  expect(result.current.news.map(({ text }) => text)).toEqual([
    "“Width”: “2000” does not fit any more. From 64 to 1024. It is “512” now.",
  ]);
  expect(screen.getByText(/^Not booked: the workflow has changed/)).toBeDefined();
  await act(() => result.current.book(undefined));
  expect(requests.map(({ workflowVersion }) => workflowVersion)).toEqual(["v1", "v2"]);
  expect(result.current.news).toEqual([]);
});

it("says what is another when the live state tells of a new version while somebody types", async () => {
  const { server, live, page } = setUp();
  const { result } = await page();
  act(() => result.current.setValues({ ...fox, width: "640" }));
  server.workflow = narrower;
  act(() =>
    live.store.apply({ kind: "response", receivedAt: 0, response: response({ statuses: [{ workflows: [v2] }] }) }),
  );
  await waitFor(() => expect(result.current.news.map(({ name }) => name)).toEqual(["width"]));
  expect(result.current.values).toMatchObject({ prompt: "A fox", width: "640" });
});

it("keeps what was typed into each workflow apart, and takes the prompt along to one without", async () => {
  const { live, page } = setUp();
  const other = { ...kleinSummary, id: "other" };
  act(() =>
    live.store.apply({
      kind: "response",
      receivedAt: 0,
      response: response({ statuses: [{ workflows: [kleinSummary, other] }] }),
    }),
  );
  const { result } = await page();
  act(() => result.current.setValues({ ...fox, width: "640" }));
  act(() => result.current.setWorkflowId("other"));
  await waitFor(() => expect(result.current.workflow?.summary?.id).toBe("other"));
  expect(result.current.values).toMatchObject({ prompt: "A fox", width: "512" });
  act(() => result.current.setValues({ ...result.current.values, prompt: "A hare" }));
  act(() => result.current.setWorkflowId("klein"));
  await waitFor(() => expect(result.current.workflow?.summary?.id).toBe("klein"));
  expect(result.current.values).toMatchObject({ prompt: "A fox", width: "640" });
});
