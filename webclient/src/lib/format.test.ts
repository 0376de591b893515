import { describe, expect, it } from "vitest";
import { noon } from "../testing/fixtures";
import { filePath, formatAge, formatDistance, formatDuration } from "./format";

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [840, "840 ms"],
    [999, "999 ms"],
    [1_000, "1 s"],
    [8_240, "8.2 s"],
    [59_400, "59 s"],
    [59_960, "1 min"],
    [125_000, "2 min 5 s"],
    [3_840_000, "1 h 4 min"],
    [90_000_000, "1 d 1 h"],
    [-5, "0 ms"],
  ])("%d ms is %s", (ms, words) => expect(formatDuration(ms)).toBe(words));
});

it("formatDistance looks both ways", () => {
  expect(formatDistance(noon + 12_900, noon)).toBe("in 12 s");
  expect(formatDistance(noon - 190_000, noon)).toBe("3 min 10 s ago");
  expect(formatDistance(noon + 400, noon)).toBe("now");
});

it("filePath encodes each segment and keeps the folders", () => {
  expect(filePath("images", "my pics/50% #1?.png")).toBe("/images/my%20pics/50%25%20%231%3F.png");
  expect(filePath("thumbnails", "a.png", { w: "320" })).toBe("/thumbnails/a.png?w=320");
});

it.each([
  [noon - 20_000, "just now"],
  [noon - 59 * 60_000, "59 min ago"],
  [noon - 25 * 3_600_000, "1 d ago"],
  [noon + 7 * 86_400_000 - 9_000, "in 7 d"],
  [noon + 3 * 3_600_000, "in 3 h"],
])("formatAge speaks in the largest unit", (at, words) => expect(formatAge(at, noon)).toBe(words));
