import { describe, expect, it } from "vitest";
import { noon } from "../../testing/fixtures";
import { firstView, gridStep, msPerPixel, panned, zoomed, zoomRange } from "./scale";

const view = { start: noon, end: noon + 600_000, width: 1_000 };

describe("firstView", () => {
  it("makes a slot wide enough to read, on a phone too", () => {
    for (const width of [360, 1_200, 2_400])
      expect(8_000 / msPerPixel(firstView(noon, 8_000, width))).toBeGreaterThanOrEqual(60);
  });
  it("has now in sight even before a slot length is known", () => {
    const first = firstView(noon, 0, 1_000);
    expect(first.start).toBeLessThan(noon);
    expect(first.end).toBeGreaterThan(noon);
  });
});

describe("zoomed", () => {
  it("keeps the moment under the pointer where it is", () => {
    const about = noon + 150_000;
    const closer = zoomed(view, 0.5, about);
    expect((about - closer.start) / (closer.end - closer.start)).toBeCloseTo(0.25);
  });
  it("stops at both ends of the range", () => {
    expect(zoomed(view, 1e-9, noon).end - zoomed(view, 1e-9, noon).start).toBeCloseTo(zoomRange.min, -1);
    expect(zoomed(view, 1e9, noon).end - zoomed(view, 1e9, noon).start).toBeCloseTo(zoomRange.max, -1);
  });
});

it("panned moves by a share of the view", () => {
  expect(panned(view, 0.5)).toEqual({ start: noon + 300_000, end: noon + 900_000, width: 1_000 });
});

it("gridStep stays under ten pixels", () => {
  for (const span of [5_000, 60_000, 3_600_000, 86_400_000]) {
    const zoom = { start: noon, end: noon + span, width: 1_000 };
    expect(gridStep(zoom)).toBeLessThanOrEqual(10 * msPerPixel(zoom));
  }
});
