import { describe, expect, it } from "vitest";
import { percent, verdictWords } from "./words";

const say = (runs: number, coverage: number) => verdictWords({ runs: BigInt(runs), coverage, errorP50: 0.018 });

describe("verdictWords", () => {
  it("says that few runs say little", () => {
    expect(say(1, 1)).toMatch(/^Only 1 run so far/);
    expect(say(12, 1)).toBe("Typically off by 2 %. With 12 runs it is too early to say how many outlast their slots.");
  });
  it("says whether slots are as long as they should be", () => {
    expect(say(100, 0.95)).toMatch(/as long as they should be/);
    expect(say(100, 0.8)).toMatch(/Too many runs outlast/);
    expect(say(100, 1)).toMatch(/more room than they need/);
  });
});

it("percent is exact where it matters", () => {
  expect([percent(0), percent(0.0041), percent(0.018), percent(0.95), percent(1.25)]).toEqual([
    "0 %",
    "0.4 %",
    "2 %",
    "95 %",
    "125 %",
  ]);
});
