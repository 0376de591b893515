import { describe, expect, it } from "vitest";
import { plotOf } from "./plot";

const run = (expected: number, actual: number, slot = expected * 1.2) => ({
  expected,
  actual,
  slot,
  startedAt: 0,
  loaded: false,
});

describe("plotOf", () => {
  it("has one scale along both axes: a run that took what was expected lies on the diagonal", () => {
    const { dots } = plotOf([run(4_000, 4_000), run(8_000, 6_000)]);
    expect(dots[0]?.x).toBe(dots[0]?.y);
    expect(dots[1]?.y).toBeLessThan(dots[1]?.x ?? 0);
  });

  it("marks what outlasted its slot", () => {
    expect(plotOf([run(4_000, 4_700), run(4_000, 4_900)]).dots.map(({ over }) => over)).toEqual([false, true]);
  });

  it("keeps everything inside and its ticks few, for alike runs as for very different ones", () => {
    for (const longest of [5_000, 50_000, 3_000_000]) {
      const { dots, ticks } = plotOf([run(4_000, 3_800), run(longest, longest * 1.1)]);
      for (const { x, y } of dots) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect(Math.max(x, y)).toBeLessThanOrEqual(1);
      }
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(5);
    }
  });

  it("is empty without runs, and tells the middle of what slots had more than was expected", () => {
    expect(plotOf([]).dots).toEqual([]);
    expect(plotOf([run(1_000, 900, 1_100), run(1_000, 900, 1_300), run(1_000, 900, 1_200)]).slotRatio).toBe(1.2);
  });
});
