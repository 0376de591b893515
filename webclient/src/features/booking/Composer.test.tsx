import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { emptyValues, type FieldErrors } from "../../form/values";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { LiveProvider } from "../../live/LiveContext";
import { bookableState, job, klein, kleinSummary, noon, testLive, visitor } from "../../testing/fixtures";
import { Composer, type ComposerProps } from "./Composer";

/** The form of a new booking among these jobs, at noon. */
function setUp(part: Partial<ComposerProps> = {}, jobs: readonly Job[] = []) {
  const live = testLive();
  live.store.apply(visitor);
  live.store.apply(bookableState(jobs, { "user-2": "Ada" }));
  const calls = { onChange: vi.fn(), onWorkflow: vi.fn(), onStart: vi.fn(), onBook: vi.fn() };
  const props = (next: Partial<ComposerProps>): ComposerProps => ({
    summary: kleinSummary,
    workflow: klein,
    durations: new Map([["gpu", 5_000]]),
    values: { ...emptyValues(klein), prompt: "A fox" },
    errors: new Map(),
    start: undefined,
    workerId: undefined,
    onWorker: () => {},
    sooner: true,
    onSooner: () => {},
    check: undefined,
    series: undefined,
    plan: undefined,
    onSeries: () => {},
    onBookSeries: () => {},
    busy: false,
    promptAsked: 0,
    news: [],
    onNewsRead: () => {},
    ...calls,
    ...part,
    ...next,
  });
  const page = (next: Partial<ComposerProps> = {}) => (
    <MemoryRouter>
      <LiveProvider live={live}>
        <Composer {...props(next)} />
      </LiveProvider>
    </MemoryRouter>
  );
  const view = render(page());
  return { ...calls, show: (next: Partial<ComposerProps>) => view.rerender(page(next)) };
}

const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Prompt" });
const submit = (name: RegExp) => act(() => void fireEvent.click(screen.getByRole("button", { name })));
const second = 1_000;

beforeEach(() => void vi.useFakeTimers({ now: noon, toFake: ["Date"] }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("says how long a slot is, and books the next free one", () => {
  const { onBook } = setUp();
  expect(screen.getByText("Klein, 5 s a slot")).toBeDefined();
  submit(/^Book next free slot$/);
  expect(onBook).toHaveBeenCalledWith(undefined);
});

it("books a chosen start, by Enter too; Shift+Enter begins a line, and Enter alone one where nothing is chosen", () => {
  const { onBook, show } = setUp();
  act(() => void fireEvent.keyDown(prompt(), { key: "Enter" }));
  expect(onBook).not.toHaveBeenCalled();
  show({ start: noon + 60 * second });
  act(() => void fireEvent.keyDown(prompt(), { key: "Enter", shiftKey: true }));
  expect(onBook).not.toHaveBeenCalled();
  act(() => void fireEvent.keyDown(prompt(), { key: "Enter" }));
  expect(onBook).toHaveBeenCalledWith(noon + 60 * second);
});

it("names who holds a chosen start, and offers what is free after it instead of booking", () => {
  const other = job("other", { userId: "user-2", start: noon + 58 * second });
  const { onBook, onStart } = setUp({ start: noon + 60 * second }, [other]);
  expect(screen.getByText(/^Taken by Ada until /)).toBeDefined();
  expect(screen.getByLabelText("Start").getAttribute("aria-invalid")).toBe("true");
  submit(/^Choose .+ instead$/);
  expect(onStart).toHaveBeenCalledWith(noon + 68 * second + 1);
  expect(onBook).not.toHaveBeenCalled();
});

it("books the next free slot when the chosen start has passed meanwhile", () => {
  const { onBook } = setUp({ start: noon - 2 * second });
  expect(screen.getByText("That moment has passed.")).toBeDefined();
  submit(/^Book next free slot$/);
  expect(onBook).toHaveBeenCalledWith(undefined);
});

it("goes to the prompt when it is what is missing", () => {
  const { show } = setUp({ values: emptyValues(klein) });
  expect(document.activeElement).not.toBe(prompt());
  show({ promptAsked: 1 });
  expect(document.activeElement).toBe(prompt());
});

it("shows a complaint beside its field, and opens the parameters for one of theirs", () => {
  const errors: FieldErrors = new Map([
    ["seed", "From 0 to 9."],
    ["width", "At least 64."],
  ]);
  const { show } = setUp();
  expect(screen.queryByLabelText("Width")).toBeNull();
  show({ errors });
  expect(screen.getByLabelText("Seed").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByLabelText("Width").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText("At least 64.")).toBeDefined();
});

it("keeps what is typed as it is typed: reading it comes later", () => {
  const { onChange } = setUp();
  act(() => void fireEvent.click(screen.getByRole("button", { name: /^Parameters/ })));
  act(() => void fireEvent.change(screen.getByLabelText("Width"), { target: { value: "9999" } }));
  expect(onChange.mock.lastCall?.[0]).toMatchObject({ width: "9999", sampler: "euler" });
  act(() => void fireEvent.click(screen.getByRole("button", { name: "Random seed" })));
  expect(onChange.mock.lastCall?.[0].seed).toMatch(/^\d+$/);
});

it("says why a workflow cannot run now, keeps what is typed, and promises no slot", () => {
  const { onBook } = setUp({
    summary: { ...kleinSummary, bookable: false, problems: ["A model is missing."] },
    start: noon + 60 * second,
  });
  expect(screen.getByRole("alert").textContent).toMatch(/^This workflow cannot run now: A model is missing\./);
  expect(screen.getByRole("link", { name: "About this workflow" })).toBeDefined();
  expect(prompt().value).toBe("A fox");
  expect(screen.queryByText("As soon as possible")).toBeNull();
  expect(screen.queryByRole("button", { name: /^Book/ })).toBeNull();
  expect(screen.queryByText(/^Enter books/)).toBeNull();
  act(() => void fireEvent.keyDown(prompt(), { key: "Enter" }));
  expect(onBook).not.toHaveBeenCalled();
});

it("has room for workflows without prompt and seed: their fields are there at once", () => {
  const inputs = klein.inputs.filter(({ name }) => name !== "prompt" && name !== "seed");
  const { onBook } = setUp({ workflow: { ...klein, inputs }, values: { width: "512" } });
  expect(screen.queryByRole("textbox", { name: "Prompt" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Random seed" })).toBeNull();
  expect(screen.getByLabelText("Width")).toBeDefined();
  submit(/^Book next free slot$/);
  expect(onBook).toHaveBeenCalledWith(undefined);
});
