import { msPerPixel, type View } from "./scale";

/** Tick is the distance between two labels of the time axis, in vis-timeline's terms. */
export interface Tick {
  readonly scale: "millisecond" | "second" | "minute" | "hour" | "day";
  readonly step: number;
}

const lengths = { millisecond: 1, second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** From the finest on. Neighbours differ by at most 2.5 times, so that going up one never empties the axis. */
const ticks: readonly Tick[] = (
  [
    ["millisecond", [100, 200, 500]],
    ["second", [1, 2, 5, 10, 15, 30]],
    ["minute", [1, 2, 5, 10, 15, 30]],
    ["hour", [1, 2, 4, 6, 12]],
    ["day", [1]],
  ] as const
).flatMap(([scale, steps]) => steps.map((step) => ({ scale, step })));

/** A view narrower than this, in pixels, has short labels: there "23:28" stands for "11:28 PM" as well. */
const narrow = 640;

export function isNarrow({ width }: Pick<View, "width">): boolean {
  return width < narrow;
}

/** Pixels that a label needs, with a little air. */
function roomFor({ scale }: Tick, view: View): number {
  if (scale === "millisecond" || scale === "second") return 36;
  return isNarrow(view) ? 42 : 72;
}

/** The finest tick whose labels stand side by side without touching. */
export function tickOf(view: View): Tick {
  const fits = (tick: Tick) => (lengths[tick.scale] * tick.step) / msPerPixel(view) >= roomFor(tick, view);
  return ticks.find(fits) ?? { scale: "day", step: 1 };
}
