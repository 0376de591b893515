import { expect, it } from "vitest";
import { lanesOf } from "../../lib/lanes";
import { job, noon } from "../../testing/fixtures";
import { availabilityOf, bookWords } from "./availability";

const viewer = { id: "user-2", names: new Map([["user-1", "Ada"]]) };
const jobs = new Map([["a", job("a", { start: noon + 60_000, durationMs: 10_000n })]]);
const lanes = lanesOf(new Map([["gpu", 5_000]]), [{ id: "gpu" }], jobs, noon);
const about = { now: noon, daysAhead: 2, viewer };
const at = (start: number | undefined) => availabilityOf(start, lanes, about);

it("takes a free start as it is", () => {
  expect(at(noon + 30_000).refusal).toBe("");
  expect(at(undefined)).toMatchObject({ nextFree: noon + 1_000, lands: { workerId: "gpu" }, refusal: "" });
});

it("names who is in the way, and what is free after it", () => {
  const { refusal, instead } = at(noon + 65_000);
  expect(refusal).toMatch(/^Taken by Ada until /);
  expect(instead).toBe(noon + 70_001);
});

it("books the next free slot for a start that has passed while the prompt was written", () => {
  const passed = at(noon - 2_000);
  expect(passed.refusal).toBe("That moment has passed.");
  expect(passed.instead).toBeUndefined();
  expect(bookWords(noon - 2_000, passed, noon)).toBe("Book next free slot");
});

it("does not offer what is too far ahead", () => {
  const far = at(noon + 3 * 86_400_000);
  expect(far.refusal).toBe("Bookings are taken up to 2 days ahead.");
  expect(far.instead).toBe(noon + 1_000);
});
