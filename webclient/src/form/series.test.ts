import { describe, expect, it } from "vitest";
import { klein } from "../testing/fixtures";
import { gridInputs, readSeries, seriesKinds } from "./series";

const prompts = (text: string) => readSeries({ kind: "prompts", text }, klein);
const grid = (...axes: { name: string; text: string }[]) => readSeries({ kind: "grid", axes }, klein);

it("a workflow is booked in the series that its inputs allow", () => {
  expect(seriesKinds(klein)).toEqual(["variations", "prompts", "grid"]);
  expect(gridInputs(klein).map(({ name }) => name)).toEqual(["seed", "width", "cfg", "sampler"]);
  expect(seriesKinds({ ...klein, inputs: klein.inputs.filter(({ name }) => name === "tiled") })).toEqual([]);
});

describe("readSeries", () => {
  it("takes a count from two to a hundred", () => {
    const count = (count: number) => readSeries({ kind: "variations", count }, klein);
    expect(count(4)).toEqual({ series: { total: 4, count: 4 } });
    expect(count(1).complaint).toBe("A series has two jobs or more.");
    expect(count(101).complaint).toBe("101 jobs: a series has 100 at most.");
    expect(count(Number.NaN).complaint).toBe("A whole number, please.");
  });

  it("takes one prompt a line, blank lines left out", () => {
    const { series } = prompts("A fox\n\n  A hare, running \n");
    expect(series?.items?.map(({ name, value }) => [name, value.value.value])).toEqual([
      ["prompt", "A fox"],
      ["prompt", "A hare, running"],
    ]);
  });

  it("takes a grid of values, each once, and says which is wrong", () => {
    const read = grid({ name: "width", text: "512, 768,512" }, { name: "sampler", text: "euler, dpm" });
    expect(read.series?.total).toBe(4);
    expect(read.series?.axes?.[0]?.values.map(({ value }) => value.value)).toEqual([512n, 768n]);
    expect(grid({ name: "width", text: "512, 9999" }).complaint).toBe("Width, 9999: From 64 to 2048.");
    expect(grid({ name: "sampler", text: "euler, dmp" }).complaint).toBe("sampler: there is no dmp.");
    expect(grid({ name: "cfg", text: " " }).complaint).toBe("cfg: give values with commas between them.");
    expect(grid().complaint).toBe("Choose what the grid runs along.");
  });
});
