import { create } from "@bufbuild/protobuf";
import { cleanup, render } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { conflictNotice } from "../actions/conflict";
import { AgendaRow } from "../features/agenda/AgendaRow";
import { bookWords } from "../features/booking/availability";
import { WhenField } from "../features/booking/WhenField";
import { Ghost } from "../features/timeline/Ghost";
import { SlotConflictSchema } from "../gen/comfyscheduler/v1/error_pb";
import { DelayKind } from "../gen/comfyscheduler/v1/job_pb";
import { formatMoment, formatSlot } from "../lib/format";
import { blockerWords } from "../lib/slots";
import { latenessWords } from "../lib/words/lateness";
import { LiveProvider } from "../live/LiveContext";
import { job, noon, testLive } from "./fixtures";

const tomorrow = noon + 86_400_000;
const viewer = { id: "user-1", names: new Map() };
const booked = job("a", { start: tomorrow });

function text(element: ReactElement): string {
  return render(<LiveProvider live={testLive()}>{element}</LiveProvider>).container.textContent ?? "";
}

beforeEach(() => void vi.useFakeTimers({ now: noon, toFake: ["Date"] }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("a moment that is not today names its day", () => {
  const conflict = create(SlotConflictSchema, {
    blocker: { case: "job", value: { jobId: "a" } },
    timeSlot: { startMs: BigInt(tomorrow), endMs: BigInt(tomorrow + 10_000) },
    nextFreeStartMs: BigInt(tomorrow + 10_001),
  });
  const notice = conflictNotice(conflict, { verb: "Book", now: noon, take: () => {} });
  const late = job("b", {
    delay: { kind: DelayKind.OVERDUE, reason: "ComfyUI was away", bookedStartMs: BigInt(noon - 86_400_000) },
  });
  const placement = { start: tomorrow, end: tomorrow + 10_000 };
  const view = { start: tomorrow - 60_000, end: tomorrow + 60_000, width: 1_000 };
  const when = {
    nextFree: tomorrow,
    slot: placement,
    now: noon,
    refusal: "",
    onStart: () => {},
    sooner: true,
    onSooner: () => {},
  };

  it.each([
    ["the notice's detail", () => notice.detail],
    ["the notice's offer", () => notice.action?.label],
    ["the button", () => bookWords(tomorrow, { nextFree: noon, refusal: "" }, noon)],
    ["the button of a refused start", () => bookWords(noon, { nextFree: noon, refusal: "x", instead: tomorrow }, noon)],
    ["what is in the way", () => blockerWords({ ...placement, job: booked }, viewer, noon)],
    ["a job of the schedule", () => text(<AgendaRow job={booked} selected={false} onSelect={() => {}} />)],
    ["the ghost", () => text(<Ghost placement={placement} view={view} now={noon} viewer={viewer} />)],
    ["the form", () => text(<WhenField {...when} />)],
  ])("in %s", (_, words) => expect(words()).toMatch(/Tue,? 24 Nov|Tue, Nov 24/));

  it("in lateness", () => expect(latenessWords(late, noon).join()).toMatch(/Sun,? 22 Nov|Sun, Nov 22/));

  it("and only then", () => {
    expect(formatMoment(noon + 60_000, noon)).not.toMatch(/Mon|Nov/);
    expect(formatSlot({ start: noon, end: noon + 43_200_000 }, noon)).toMatch(/ – Tue,? /);
  });
});
