import { createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { JobActionsProvider } from "../../actions/JobActionsContext";
import type { JobActions } from "../../actions/jobActions";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { SchedulerService } from "../../gen/comfyscheduler/v1/scheduler_service_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider, useLive } from "../../live/LiveContext";
import {
  bookableState,
  type JobInit,
  job,
  kleinInputs,
  kleinServer,
  kleinSummary,
  response,
  testLive,
  visitor,
} from "../../testing/fixtures";
import { JobBody } from "./JobBody";

const booking = (id: string, init: JobInit = {}) =>
  job(id, { prompt: `Old prompt of ${id}`, inputs: kleinInputs(init.prompt ?? `Old prompt of ${id}`), ...init });

/** A page that knows the form of its one selected job, whose live state can be told; `wholes` is what the server answers by id. */
async function setUp(jobs: Job[], wholes: Record<string, Job> = {}) {
  const asked: string[] = [];
  const transport = createRouterTransport((router) => {
    kleinServer(router).service(SchedulerService, {
      getJob: ({ jobId }) => {
        asked.push(jobId);
        const whole = wholes[jobId];
        return whole ? { job: whole } : {};
      },
    });
  });
  const live = testLive({ api: createApi(transport) });
  live.store.apply(visitor);
  live.store.apply(bookableState(jobs));
  await live.forms.fetch(kleinSummary);
  const update = vi.fn<JobActions["update"]>(async () => ({}));
  const actions: JobActions = { move: async () => true, undoMove: () => {}, update, cancel: async () => {} };
  const onBookInstead = vi.fn(async () => undefined);
  function Selected({ id }: { id: string }) {
    const selected = useLive((state) => state.jobs.get(id));
    if (!selected) return null;
    const links = { onClose: () => {}, onReuse: () => {}, onOpenPicture: () => {}, onBookInstead };
    return <JobBody key={id} job={selected} focusPrompt={false} {...links} />;
  }
  const page = (id: string) => (
    <LiveProvider live={live}>
      <JobActionsProvider actions={actions}>
        <Selected id={id} />
      </JobActionsProvider>
    </LiveProvider>
  );
  let number = 1n;
  const tell = (...changed: Job[]) =>
    act(async () => {
      number++;
      const delta = { revision: { epoch: "e", number }, jobs: changed };
      live.store.apply({ kind: "response", receivedAt: Date.now(), response: response({ deltas: [delta] }) });
    });
  return { page, tell, asked, update, onBookInstead };
}

const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Prompt" });
const type = (text: string) => act(() => void fireEvent.change(prompt(), { target: { value: text } }));

afterEach(cleanup);

it("keeps what is typed, and the field it is typed into, when the job starts; it can be booked as another", async () => {
  const { page, tell, onBookInstead } = await setUp([booking("a")]);
  render(page("a"));
  const field = prompt();
  act(() => field.focus());
  type("A heron at da");
  await tell(booking("a", { status: JobStatus.PROCESSING, version: 2n }));
  expect(prompt()).toBe(field);
  expect(document.activeElement).toBe(field);
  expect(screen.getByText("It started with the old prompt.")).toBeDefined();

  type("A heron at dawn");
  await tell(booking("a", { status: JobStatus.COMPLETED, version: 3n }));
  expect(field.value).toBe("A heron at dawn");
  await act(async () => fireEvent.click(screen.getByRole("button", { name: /^Book next free slot with what you/ })));
  expect(onBookInstead).toHaveBeenCalledWith(
    expect.objectContaining({ summary: expect.objectContaining({ id: "klein" }) }),
    expect.objectContaining({ prompt: "A heron at dawn" }),
  );
  expect(screen.queryByRole("textbox", { name: "Prompt" })).toBeNull();
});

it("takes no field away from somebody who is about to type", async () => {
  const { page, tell } = await setUp([booking("a")]);
  render(page("a"));
  const field = prompt();
  act(() => field.focus());
  await tell(booking("a", { status: JobStatus.PROCESSING, version: 2n }));
  expect(document.activeElement).toBe(field);
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Discard" })));
  expect(screen.queryByRole("textbox", { name: "Prompt" })).toBeNull();
});

it("keeps unsaved edits while another job is looked at, and says so on return", async () => {
  const { page } = await setUp([booking("a"), booking("b")]);
  const view = render(page("a"));
  type("Half an idea");
  view.rerender(page("b"));
  expect(prompt().value).toBe("Old prompt of b");
  view.rerender(page("a"));
  expect(prompt().value).toBe("Half an idea");
  expect(screen.getByText(/Your changes from before are here, not saved yet/)).toBeDefined();
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Discard changes" })));
  expect(prompt().value).toBe("Old prompt of a");
});

it("does not bring edits back over what another window has saved meanwhile", async () => {
  const { page, tell } = await setUp([booking("a"), booking("b")]);
  const view = render(page("a"));
  type("Half an idea");
  view.rerender(page("b"));
  await tell(booking("a", { prompt: "Saved elsewhere", version: 2n }));
  view.rerender(page("a"));
  expect(prompt().value).toBe("Half an idea");
  expect(screen.getByText("This job was changed in another window.")).toBeDefined();
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Take the new values" })));
  expect(prompt().value).toBe("Saved elsewhere");
});

it("edits the whole prompt of a job whose text is cut, and sends nothing that was not changed", async () => {
  const long = "A very long story. ".repeat(30);
  const cut = booking("a", { prompt: `${long.slice(0, 199)}…`, shortened: true });
  const { page, asked, update } = await setUp([cut], { a: booking("a", { prompt: long }) });
  render(page("a"));
  expect(screen.queryByRole("textbox", { name: "Prompt" })).toBeNull();
  await waitFor(() => expect(prompt().value).toBe(long));
  act(() => void fireEvent.change(screen.getByLabelText("Seed"), { target: { value: "7" } }));
  await act(async () => fireEvent.click(screen.getByRole("button", { name: "Update Job" })));
  expect(update).toHaveBeenCalledWith(
    { id: "a", version: 1n },
    { inputs: { seed: expect.objectContaining({ value: { case: "seed", value: 7n } }) }, resetInputs: [] },
    undefined,
  );
  expect(asked).toEqual(["a"]);
});
