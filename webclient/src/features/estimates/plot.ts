/** Geometry of the plot of estimates against runs: pure numbers. */

/** A run, in milliseconds. */
export interface Run {
  readonly expected: number;
  readonly slot: number;
  readonly actual: number;
  readonly startedAt: number;
  /** Models were loaded in it. */
  readonly loaded: boolean;
}

/** Dot is a run in the plot, from 0 to 1 along both axes: to the right what was expected, upwards what it took. */
export interface Dot extends Run {
  readonly x: number;
  readonly y: number;
  /** It outlasted its slot. */
  readonly over: boolean;
}

/** Plot is a set of runs on one scale, the same along both axes so that what was expected right lies on the diagonal. */
export interface Plot {
  readonly dots: readonly Dot[];
  readonly ticks: readonly { readonly ms: number; readonly at: number }[];
  /** How much longer than expected the slots were, in the middle: the line below which 95 of 100 are to lie. */
  readonly slotRatio: number;
  /** From 0 to 1 along both axes. */
  readonly place: (ms: number) => number;
}

/** Runs that differ by more than this factor are laid out by their magnitude. */
const wide = 6;
/** Air around the runs. */
const air = 1.15;

export function plotOf(runs: readonly Run[]): Plot {
  const known = runs.filter(({ expected, actual }) => expected > 0 && actual > 0);
  const values = known.flatMap(({ expected, actual }) => [expected, actual]);
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [1_000, 10_000];
  const logarithmic = high / low > wide;
  const margin = Math.max((high - low) * 0.25, high * 0.08);
  const [from, to] = logarithmic ? [low / air, high * air] : [Math.max(0, low - margin), high + margin];
  const place = (ms: number) =>
    logarithmic ? Math.log(Math.max(ms, 1) / from) / Math.log(to / from) : (ms - from) / (to - from);
  const dots = known.map((run) => ({
    ...run,
    x: place(run.expected),
    y: place(run.actual),
    over: run.slot > 0 && run.actual > run.slot,
  }));
  const ratios = known.filter(({ slot }) => slot > 0).map(({ slot, expected }) => slot / expected);
  return {
    dots,
    ticks: ticksBetween(from, to, logarithmic).map((ms) => ({ ms, at: place(ms) })),
    slotRatio: middle(ratios),
    place,
  };
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}

const round = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600].flatMap((seconds) => [seconds * 1_000]);
const fine = [50, 100, 200, 500, ...round];

/** Three to five round values within the range. */
function ticksBetween(from: number, to: number, logarithmic: boolean): number[] {
  if (logarithmic) return thinned(fine.filter((ms) => ms > from && ms < to));
  const step = [1, 2, 5, 10, 20, ...fine].find((ms) => (to - from) / ms <= 5) ?? (to - from) / 4;
  const first = Math.floor(from / step) + 1;
  return Array.from({ length: Math.max(0, Math.ceil(to / step) - first) }, (_, index) => (first + index) * step);
}

function thinned(values: readonly number[]): number[] {
  const every = Math.ceil(values.length / 5);
  return values.filter((_, index) => index % every === 0);
}
