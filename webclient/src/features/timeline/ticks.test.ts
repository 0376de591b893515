import { expect, it } from "vitest";
import { noon } from "../../testing/fixtures";
import { zoomRange } from "./scale";
import { tickOf } from "./ticks";

const lengths = { millisecond: 1, second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

it.each([364, 640, 1_200, 1_900])("has at least three labels at every zoom, %d pixels across", (width) => {
  for (let span = zoomRange.min; span < zoomRange.max; span *= 1.01) {
    const { scale, step } = tickOf({ start: noon, end: noon + span, width });
    const apart = ((lengths[scale] * step) / span) * width;
    // The first label may begin just outside, and the last one must not be cut.
    expect((width - 38) / apart, `${span} ms`).toBeGreaterThanOrEqual(3);
    expect(apart).toBeGreaterThanOrEqual(36);
  }
});

it("is fine enough for a slot of 38 seconds on a phone", () => {
  const span = (364 / 64) * 38_000;
  expect(tickOf({ start: noon, end: noon + span, width: 364 })).toEqual({ scale: "second", step: 30 });
});
