import { expect, it } from "vitest";
import { pullAt, pullSince } from "./edges";

it("pulls at the edges alone, harder the closer, and no harder beyond", () => {
  expect([100, 250, 464].map((place) => pullAt(place, 0, 500))).toEqual([0, 0, 0]);
  expect(pullAt(482, 0, 500)).toBe(0.5);
  expect(pullAt(18, 0, 500)).toBe(-0.5);
  expect([500, 900].map((place) => pullAt(place, 0, 500))).toEqual([1, 1]);
  expect(pullAt(-300, 0, 500)).toBe(-1);
});

it("spares what was taken up at an edge until it comes closer to it, or to the other", () => {
  expect(pullSince(0.5, 0.5)).toBe(0);
  expect(pullSince(0.25, 0.5)).toBe(0);
  expect(pullSince(0.75, 0.5)).toBe(0.75);
  expect(pullSince(-0.25, 0.5)).toBe(-0.25);
  expect(pullSince(0.25, 0)).toBe(0.25);
});
