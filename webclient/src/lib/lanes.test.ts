import { describe, expect, it } from "vitest";
import { job, noon } from "../testing/fixtures";
import { exactlyOn, lanesOf, nextFreeSlot, placeOn, shortestOf } from "./lanes";

const both = new Map([
  ["slow", 20_000],
  ["fast", 5_000],
]);
const workers = [{ id: "slow" }, { id: "fast" }];
/** Jobs of ten seconds, by the worker they are on and the second they start at. */
const booked = (...jobs: [string, number][]) =>
  new Map(
    jobs.map(([workerId, second]) => {
      const id = `${workerId}-${second}`;
      return [id, job(id, { workerId, start: noon + second * 1_000 })];
    }),
  );
const lanes = (...jobs: [string, number][]) => lanesOf(both, workers, booked(...jobs), noon);
const free = { earliest: noon, reach: 2_000, grid: 1 };

describe("one lane is as good as the rules of its slots", () => {
  const one = lanesOf(new Map([["slow", 20_000]]), workers, booked(["slow", 10]), noon);

  it("knows only what is taken on its own worker", () => {
    expect(one.map(({ taken }) => taken.length)).toEqual([1]);
    expect(nextFreeSlot(one, noon)?.start).toBe(noon + 20_001);
  });

  it("leans against a neighbour, or says what is in the way", () => {
    expect(placeOn(one, noon + 19_000, free)?.start).toBe(noon + 20_001);
    expect(placeOn(one, noon + 15_000, free)?.blocker?.job?.id).toBe("slow-10");
  });
});

describe("several lanes", () => {
  it("offer the slot that ends earliest, with the length of its own lane", () => {
    expect(nextFreeSlot(lanes(), noon)).toEqual({ workerId: "fast", start: noon, end: noon + 5_000 });
    // Ten seconds of waiting and five of work are sooner than twenty of work at once.
    expect(nextFreeSlot(lanes(["fast", 0]), noon)?.workerId).toBe("fast");
    expect(nextFreeSlot(lanes(["fast", 0], ["fast", 12]), noon)?.workerId).toBe("slow");
  });

  it("have room for a start while one of them is free", () => {
    expect(exactlyOn(lanes(["fast", 0]), noon + 1_000)).toEqual({
      workerId: "slow",
      start: noon + 1_000,
      end: noon + 21_000,
    });
    const full = exactlyOn(lanes(["fast", 0], ["slow", 3]), noon + 1_000);
    expect(full?.blocker?.job?.id).toBe("fast-0");
  });

  it("take a place that is nearer before one that ends earlier", () => {
    expect(placeOn(lanes(["fast", 0]), noon + 9_000, free)?.workerId).toBe("slow");
  });

  it("leave a moved job's own slot out", () => {
    expect(exactlyOn(lanes(["fast", 0], ["slow", 0]), noon, "fast-0")?.workerId).toBe("fast");
  });
});

it("nothing can be placed where no length is known", () => {
  expect(nextFreeSlot([], noon)).toBeUndefined();
  expect(placeOn([], noon, free)).toBeUndefined();
  expect(shortestOf(new Map())).toBe(0);
  expect(shortestOf(both)).toBe(5_000);
});
