import { expect, it } from "vitest";
import { job } from "../testing/fixtures";
import { collapsed, ofSeries } from "./series";

const jobs = [
  job("a"),
  job("s2", { seriesId: "s", seriesIndex: 2 }),
  job("b"),
  job("s1", { seriesId: "s", seriesIndex: 1 }),
  job("t1", { seriesId: "t", seriesIndex: 1 }),
];

it("collapsed has one entry for a series, where its first job stands", () => {
  expect(collapsed(jobs).map(({ job, others }) => [job.id, others.length])).toEqual([
    ["a", 0],
    ["s2", 1],
    ["b", 0],
    ["t1", 0],
  ]);
});

it("ofSeries has the jobs of one, in its order", () => {
  expect(ofSeries(jobs, "s").map(({ id }) => id)).toEqual(["s1", "s2"]);
});
