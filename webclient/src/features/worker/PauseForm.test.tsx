import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { NoticeProvider } from "../../components/Notices";
import { ErrorInfoSchema } from "../../gen/comfyscheduler/v1/error_pb";
import { type PauseWorkerRequest, WorkerService } from "../../gen/comfyscheduler/v1/worker_service_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { noon, testLive } from "../../testing/fixtures";
import { PauseForm } from "./PauseForm";

const minute = 60_000;

/** The form, against a server in which these bookings are in the way until they may be moved. */
function setUp(inTheWay: string[] = []) {
  const requests: PauseWorkerRequest[] = [];
  const bookings = inTheWay.map((userName, index) => ({
    jobId: `job-${index}`,
    userName,
    timeSlot: { startMs: BigInt(noon + index * minute), endMs: BigInt(noon + index * minute + 10_000) },
  }));
  const transport = createRouterTransport(({ service }) => {
    service(WorkerService, {
      pauseWorker: (request) => {
        requests.push(request);
        if (bookings.length === 0 || request.moveBookings) return { movedBookings: bookings.length };
        const detail = {
          desc: ErrorInfoSchema,
          value: { detail: { case: "pauseConflict", value: { bookings, total: bookings.length } } },
        } as const;
        throw new ConnectError("bookings are in the way", Code.FailedPrecondition, undefined, [detail]);
      },
    });
  });
  render(
    <LiveProvider live={testLive({ api: createApi(transport) })}>
      <NoticeProvider>
        <PauseForm workerId="gpu" replaces={false} />
      </NoticeProvider>
    </LiveProvider>,
  );
  return requests;
}

const type = (label: string, value: string) =>
  act(() => void fireEvent.change(screen.getByLabelText(label), { target: { value } }));
const press = (name: string) => act(async () => void fireEvent.click(screen.getByRole("button", { name })));

afterEach(cleanup);

it("pauses from now on for the length in its unit, with the reason trimmed", async () => {
  const requests = setUp();
  type("For", "1.5");
  type("Unit", String(60 * minute));
  type("Reason", "  Rendering for the expo ");
  await press("Pause ComfyUI");
  expect(
    requests.map(({ workerId, startMs, durationMs, reason }) => ({ workerId, startMs, durationMs, reason })),
  ).toEqual([{ workerId: "gpu", startMs: 0n, durationMs: BigInt(90 * minute), reason: "Rendering for the expo" }]);
  expect(screen.getByText("The pause is on the timeline.")).toBeDefined();
  expect(screen.getByLabelText<HTMLInputElement>("Reason").value).toBe("");
});

it("plans a pause from the next full hour on, or any other moment", async () => {
  const requests = setUp();
  type("From", "at");
  const start = screen.getByLabelText<HTMLInputElement>("Start of the pause");
  expect(new Date(start.value).getTime() % (60 * minute)).toBe(0);
  expect(new Date(start.value).getTime()).toBeGreaterThanOrEqual(Date.now());
  type("Start of the pause", "2030-05-01T14:30:00");
  await press("Pause ComfyUI");
  expect(requests[0]?.startMs).toBe(BigInt(new Date("2030-05-01T14:30:00").getTime()));
});

it("names the bookings in the way and moves none before it is told to", async () => {
  const requests = setUp(["Ada", "Grace"]);
  await press("Pause ComfyUI");
  expect(screen.getByRole("alertdialog", { name: "Bookings in the way" }).textContent).toContain(
    "2 bookings are in the way",
  );
  expect(screen.getByText("Ada")).toBeDefined();
  await press("Move them and pause");
  expect(requests.map(({ moveBookings }) => moveBookings)).toEqual([false, true]);
  expect(screen.getByText("The pause is on the timeline. 2 bookings moved.")).toBeDefined();
  expect(screen.queryByRole("alertdialog")).toBeNull();
});

it("asks anew when another length is typed: other bookings may be in the way of that", async () => {
  const requests = setUp(["Ada"]);
  await press("Pause ComfyUI");
  type("For", "3");
  expect(screen.queryByRole("alertdialog")).toBeNull();
  await press("Pause ComfyUI");
  expect(requests.map(({ moveBookings }) => moveBookings)).toEqual([false, false]);
});
