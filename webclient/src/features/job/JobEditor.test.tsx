import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { JobActionsProvider } from "../../actions/JobActionsContext";
import { NoticeProvider } from "../../components/Notices";
import { ErrorInfoSchema, ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { SchedulerService, type UpdateJobRequest } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { formatMoment } from "../../lib/format";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { bookableState, job, klein, kleinInputs, noon, testLive, visitor } from "../../testing/fixtures";
import { JobEditor } from "./JobEditor";

/** A booking in one of its versions, with this prompt and this seed. */
const version = (number: bigint, prompt: string, seed = 1n, status = JobStatus.SCHEDULED) =>
  job("a", { version: number, status, prompt, seed, inputs: kleinInputs(prompt, seed) });

/** The fields of a job, against a server that answers each save with the next of these: a job, or why not. */
function setUp(first: Job, ...answers: (Job | ConnectError)[]) {
  const requests: UpdateJobRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(SchedulerService, {
      updateJob: (request) => {
        requests.push(request);
        const answer = answers[requests.length - 1];
        if (answer instanceof ConnectError) throw answer;
        return answer ? { job: answer } : {};
      },
    });
  });
  const live = testLive({ api: createApi(transport) });
  live.store.apply(visitor);
  live.store.apply(bookableState([first]));
  const nothing = () => {};
  const page = (now: Job) => (
    <LiveProvider live={live}>
      <NoticeProvider>
        <JobActionsProvider>
          <JobEditor
            job={now}
            workflow={klein}
            focusPrompt={false}
            onFocus={nothing}
            onBlur={nothing}
            onBookInstead={async () => undefined}
            onDiscard={nothing}
          />
        </JobActionsProvider>
      </NoticeProvider>
    </LiveProvider>
  );
  const view = render(page(first));
  return { requests, become: (next: Job) => view.rerender(page(next)) };
}

const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Prompt" });
const type = (text: string) => act(() => void fireEvent.change(prompt(), { target: { value: text } }));
const press = (name: string) => act(async () => void fireEvent.click(screen.getByRole("button", { name })));
const elsewhere = () => screen.queryByText("This job was changed in another window.") !== null;
const unsaved = () => screen.queryByText("Not saved yet.") !== null;
/** What each save asked to change, and against which version. */
const saves = (requests: readonly UpdateJobRequest[]) =>
  requests.map(({ version, inputs, resetInputs }) => [version, [...Object.keys(inputs), ...resetInputs].join()]);

afterEach(cleanup);

it("follows the job while nothing is typed", () => {
  const { become } = setUp(version(1n, "Old"));
  become(version(2n, "New"));
  expect(prompt().value).toBe("New");
  expect([elsewhere(), unsaved()]).toEqual([false, false]);
});

it("is clean again when what is typed is what the job holds", () => {
  setUp(version(1n, "Old"));
  type("Older");
  expect(unsaved()).toBe(true);
  type("Old");
  expect(unsaved()).toBe(false);
});

it("saves what was changed against the version it was read from, and goes on from the saved one", async () => {
  const { requests, become } = setUp(version(1n, "Old"), version(2n, "Mine"), version(3n, "Mine too"));
  type("Mine");
  await press("Update Job");
  // The answer came before the live state: nothing flickers back to what the job was.
  expect([prompt().value, unsaved(), elsewhere()]).toEqual(["Mine", false, false]);
  type("Mine too");
  await press("Update Job");
  become(version(3n, "Mine too"));
  expect([prompt().value, unsaved(), elsewhere()]).toEqual(["Mine too", false, false]);
  expect(saves(requests)).toEqual([
    [1n, "prompt"],
    [2n, "prompt"],
  ]);
});

it("takes a change that leaves the fields as they are for none: a move asks nothing of the editor", async () => {
  const { requests, become } = setUp(version(1n, "Old"), version(3n, "Mine"));
  type("Mine");
  become(version(2n, "Old"));
  expect([prompt().value, elsewhere()]).toEqual(["Mine", false]);
  await press("Update Job");
  expect(saves(requests)).toEqual([[2n, "prompt"]]);
});

it("keeps what is typed over what another window saved, when told to, and sends only that", async () => {
  const { requests, become } = setUp(version(1n, "Old"), version(3n, "Mine", 7n));
  type("Mine");
  become(version(2n, "Old", 7n));
  expect([prompt().value, elsewhere()]).toEqual(["Mine", true]);
  await press("Keep mine");
  expect(elsewhere()).toBe(false);
  await press("Update Job");
  // The seed was left alone here: the one that the other window saved stays.
  expect(screen.getByLabelText<HTMLInputElement>("Seed").value).toBe("7");
  expect(saves(requests)).toEqual([[2n, "prompt"]]);
});

it("takes what another window saved, when told to", async () => {
  const { become } = setUp(version(1n, "Old"));
  type("Mine");
  become(version(2n, "Theirs"));
  await press("Take the new values");
  expect([prompt().value, elsewhere(), unsaved()]).toEqual(["Theirs", false, false]);
});

it("says that another was quicker when the server refuses a stale version, and loses nothing", async () => {
  const stale = new ConnectError("stale", Code.FailedPrecondition, undefined, [
    { desc: ErrorInfoSchema, value: { reason: ErrorReason.STALE_VERSION } },
  ]);
  const { requests } = setUp(version(1n, "Old"), stale);
  type("Mine");
  await press("Update Job");
  expect(screen.getByText("Somebody changed this job meanwhile.")).toBeDefined();
  expect([prompt().value, unsaved()]).toEqual(["Mine", true]);
  expect(requests).toHaveLength(1);
});

it("asks the server for nothing while the fields are wrong, or as they were", async () => {
  const { requests } = setUp(version(1n, "Old"));
  await press("Update Job");
  expect(screen.getByText("Nothing has been changed yet.")).toBeDefined();
  type("  ");
  await press("Update Job");
  expect(prompt().getAttribute("aria-invalid")).toBe("true");
  expect(requests).toEqual([]);
});

it("sends with Ctrl+Enter, once while the answer is under way", async () => {
  const { requests } = setUp(version(1n, "Old"), version(2n, "Mine"));
  type("Mine");
  await act(async () => {
    fireEvent.keyDown(prompt(), { key: "Enter", ctrlKey: true });
    fireEvent.keyDown(prompt(), { key: "Enter", ctrlKey: true });
  });
  expect(requests).toHaveLength(1);
});

it("asks for another random seed when the field for it is emptied", async () => {
  const { requests } = setUp(version(1n, "Old", 7n), version(2n, "Old", 8n));
  act(() => void fireEvent.change(screen.getByLabelText("Seed"), { target: { value: "" } }));
  await press("Update Job");
  expect(requests.map(({ inputs, resetInputs }) => [Object.keys(inputs), resetInputs])).toEqual([[[], ["seed"]]]);
});

it("offers another place when what is typed needs a longer slot than there is room for", async () => {
  const next = BigInt(noon + 90_000);
  const detail = { case: "slotConflict", value: { blocker: { case: "job", value: { userName: "Ada" } } } } as const;
  const info = {
    reason: ErrorReason.SLOT_TAKEN,
    detail: {
      ...detail,
      value: { ...detail.value, nextFreeStartMs: next, timeSlot: { startMs: BigInt(noon + 11_000) } },
    },
  };
  const taken = new ConnectError("taken", Code.FailedPrecondition, undefined, [{ desc: ErrorInfoSchema, value: info }]);
  const { requests } = setUp(version(1n, "Old"), taken, version(2n, "New"));
  type("New");
  await press("Update Job");
  expect(screen.getByText(/^It no longer fits: taken by Ada from /)).toBeDefined();
  await press(`Save and move to ${formatMoment(noon + 90_000, Date.now())}`);
  expect(requests.map(({ start }) => start.value)).toEqual([undefined, next]);
  expect(screen.queryByText(/^It no longer fits/)).toBeNull();
});
