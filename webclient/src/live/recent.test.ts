import { beforeEach, expect, it } from "vitest";
import { recentFirst, recentWorkflows, rememberWorkflow } from "./recent";

beforeEach(() => localStorage.clear());

it("puts what was booked last before all others, which keep their order", () => {
  for (const id of ["b", "d", "b", "c"]) rememberWorkflow(id);
  expect(recentWorkflows()).toEqual(["c", "b", "d"]);
  const all = ["a", "b", "c", "d", "e"].map((id) => ({ id }));
  expect(recentFirst(all, recentWorkflows()).map(({ id }) => id)).toEqual(["c", "b", "d", "a", "e"]);
});

it("starts anew where the storage holds something else", () => {
  localStorage.setItem("workflows", "{");
  expect(recentWorkflows()).toEqual([]);
});
