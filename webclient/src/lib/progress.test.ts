import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { JobProgressSchema, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../testing/fixtures";
import { progressOf, stepWords, timeWords } from "./progress";

const running = job("a", { status: JobStatus.PROCESSING, startedAtMs: BigInt(noon), durationMs: 10_000n });
const at = (ms: number) => progressOf(running, noon + ms);

describe("progressOf", () => {
  it("follows the clock, whatever nodes are cached", () => {
    expect(at(0).share).toBe(0);
    expect(at(2_500).share).toBe(0.25);
    expect(at(5_000)).toEqual({ share: 0.5, elapsed: 5_000, left: 5_000 });
  });

  it("never falls, and is not full before the job has ended", () => {
    let before = 0;
    for (let ms = 0; ms <= 60_000; ms += 50) {
      const { share } = at(ms);
      expect(share).toBeGreaterThanOrEqual(before);
      expect(share).toBeLessThan(1);
      before = share;
    }
    expect(progressOf({ ...running, status: JobStatus.COMPLETED }, noon + 3_000).share).toBe(1);
  });

  it("begins when ComfyUI was handed the job, not with the slot, and anew with another attempt", () => {
    expect(progressOf({ ...running, startedAtMs: 0n }, noon + 8_000).share).toBe(0);
    expect(progressOf({ ...running, startedAtMs: BigInt(noon + 7_000), attempt: 2 }, noon + 8_000).share).toBe(0.1);
  });

  it("is nothing for a clock that is behind, and without an estimate", () => {
    expect(at(-500)).toEqual({ share: 0, elapsed: 0, left: 10_000 });
    expect(progressOf({ ...running, durationMs: 0n }, noon + 8_000).share).toBe(0);
  });
});

it.each([
  [0, "About 10 s"],
  [2_600, "2 s gone, about 7 s left"],
  [9_990, "9 s gone, about 1 s left"],
  [12_400, "12 s gone, takes longer than its slot"],
])("timeWords after %d ms", (ms, words) => expect(timeWords(at(ms))).toBe(words));

it("stepWords name the node and its step", () => {
  const step = (init: object) => create(JobProgressSchema, init);
  expect(stepWords(step({ nodeTitle: "Sample", step: 3, total: 4 }))).toBe("Sample, step 3 of 4");
  expect(stepWords(step({ nodeId: "12" }))).toBe("Node 12");
  expect(stepWords(undefined)).toBe("Handed to ComfyUI");
});
