import { expect, it } from "vitest";
import { ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { job } from "../testing/fixtures";
import { readableName, resultPath, resultsOf, sightsOf } from "./results";

const made = job("a", {
  prompt: "Red fox, in the SNOW — “Füchse” 狐/..\\ and so on and so on and so on until nobody reads it any more",
  seed: 42n,
  resultFilename: "out/b_00001_.PNG",
  results: [
    { kind: ResultKind.TEXT, text: "words" },
    { kind: ResultKind.IMAGE, filename: "out/a_00001_.webp" },
    { kind: ResultKind.IMAGE, filename: "out/b_00001_.PNG" },
    { kind: ResultKind.VIDEO, filename: "clip.mp4", overwritten: true },
    { kind: ResultKind.VIDEO, filename: "clip2.mp4" },
  ],
});

it("puts the main picture first, and leaves the others as they are", () => {
  expect(resultsOf(made).map(({ index }) => index)).toEqual([2, 0, 1, 3, 4]);
  expect(sightsOf(made).map(({ index }) => index)).toEqual([2, 1, 4]);
  expect(resultsOf(job("b", { results: made.results })).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
});

it("names files as the server does: after what was asked for, each in its own way", () => {
  const names = resultsOf(made).map(readableName);
  expect(names[0]).toBe("red-fox-in-the-snow-füchse-狐-and-so-on_seed-42_3.png");
  expect(names[1]).toMatch(/_seed-42\.txt$/);
  const bare = job("c", { prompt: "", results: [{ kind: ResultKind.FILE, filename: "mesh/shape_00001_.GLB" }] });
  expect(resultsOf(bare).map(readableName)).toEqual(["klein.glb"]);
  expect(resultsOf(bare).map((each) => resultPath(each, true))).toEqual(["/results/c/0?download=1"]);
});
