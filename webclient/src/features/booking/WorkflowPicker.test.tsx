import { createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import type { WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { rememberWorkflow } from "../../live/recent";
import { testLive } from "../../testing/fixtures";
import { workflow } from "../../testing/workflows";
import { WorkflowPicker } from "./WorkflowPicker";

const summaries = [
  workflow("klein", { summary: { title: "FLUX klein", tags: ["portrait"] } }),
  workflow("fill", { summary: { title: "Paint over", files: [FileKind.IMAGE, FileKind.MASK] } }),
  workflow("wan", { summary: { title: "Wan video", bookable: false, problems: ["A model is missing."] } }),
  workflow("kling", { summary: { title: "Kling", paid: true, estimates: [] } }),
  workflow("off", { summary: { title: "Old one", disabled: true } }),
].flatMap(({ summary }) => summary ?? []);

function setUp() {
  const onChoose = vi.fn();
  const live = testLive({ api: createApi(createRouterTransport(() => {})) });
  render(
    <LiveProvider live={live}>
      <WorkflowPicker workflows={summaries} chosen={summaries[0] as WorkflowSummary} onChoose={onChoose} />
    </LiveProvider>,
  );
  act(() => void fireEvent.click(screen.getByRole("button", { name: /^Workflow: FLUX klein/ })));
  const sheet = within(screen.getByRole("dialog", { name: "Choose a workflow" }));
  const cards = () => within(sheet.getByRole("list")).queryAllByRole("button");
  const search = sheet.getByRole("searchbox");
  const type = (value: string) => act(() => void fireEvent.change(search, { target: { value } }));
  return { onChoose, cards, search, type };
}

const firstWords = (cards: HTMLElement[]) =>
  cards.map((card) => summaries.find(({ title }) => card.textContent?.includes(title))?.id);

beforeEach(() => localStorage.clear());
afterEach(cleanup);

it("shows what was booked last first, and last what cannot run, with the reason; never what is switched off", () => {
  rememberWorkflow("fill");
  const { cards } = setUp();
  expect(firstWords(cards())).toEqual(["fill", "klein", "kling", "wan"]);
  const [fill, klein, kling, wan] = cards().map((card) => card.textContent);
  expect(fill).toContain("Needs a picture and a mask");
  expect(klein).toContain("about 8.1 s");
  expect(kling).toContain("not measured yet");
  expect(kling).toContain("Costs money");
  expect(wan).toContain("A model is missing.");
});

it("finds a workflow by words of its title and tags, and takes it with Enter", () => {
  const { onChoose, cards, search, type } = setUp();
  type("PORTRAIT klein");
  expect(firstWords(cards())).toEqual(["klein"]);
  type("paint");
  act(() => void fireEvent.keyDown(search, { key: "Enter" }));
  expect(onChoose).toHaveBeenCalledWith("fill");
  expect(screen.queryByRole("dialog")).toBeNull();
});

it("is walked through by arrow keys, from the search to the cards and back", () => {
  const { cards, search } = setUp();
  act(() => void fireEvent.keyDown(search, { key: "ArrowDown" }));
  expect(document.activeElement).toBe(cards()[0]);
  act(() => void fireEvent.keyDown(cards()[0] as HTMLElement, { key: "ArrowRight" }));
  expect(document.activeElement).toBe(cards()[1]);
  act(() => void fireEvent.keyDown(cards()[1] as HTMLElement, { key: "ArrowLeft" }));
  act(() => void fireEvent.keyDown(cards()[0] as HTMLElement, { key: "ArrowUp" }));
  expect(document.activeElement).toBe(search);
});
