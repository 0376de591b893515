import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { JobProgressSchema, JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../testing/fixtures";
import { formatMoment } from "./format";
import { type Pace, paceOf, progressOf, stepWords, timeWords } from "./progress";

const running = job("a", { status: JobStatus.PROCESSING, startedAtMs: BigInt(noon), durationMs: 10_000n });
const at = (ms: number) => progressOf(running, noon + ms);

describe("progressOf", () => {
  it("follows the clock, whatever nodes are cached", () => {
    expect(at(0).share).toBe(0);
    expect(at(2_500).share).toBe(0.25);
    expect(at(5_000)).toEqual({ share: 0.5, elapsed: 5_000, left: 5_000, end: noon + 10_000 });
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
    expect(at(-500)).toMatchObject({ share: 0, elapsed: 0 });
    expect(progressOf({ ...running, durationMs: 0n }, noon + 8_000).share).toBe(0);
  });
});

it.each([
  [0, "About 10 s"],
  [2_600, `About 7 s left, until ${formatMoment(noon + 10_000, noon)}`],
  [9_990, `About 1 s left, until ${formatMoment(noon + 10_000, noon)}`],
  [12_400, "12 s gone, longer than expected"],
])("timeWords after %d ms", (ms, words) => expect(timeWords(at(ms), noon + ms)).toBe(words));

describe("paceOf", () => {
  const told = (end: number, fraction = 0) =>
    create(JobProgressSchema, { jobId: "a", attempt: 1, fraction, expectedEndMs: BigInt(noon + end) });

  it("goes by the middle of what is expected, not by the slot, while the server has told nothing", () => {
    const learned = { ...running, expectedMs: 8_000n };
    expect(progressOf(learned, noon + 4_000, paceOf(learned, undefined, noon)).share).toBe(0.5);
  });

  it("begins where the server says that a run is, for somebody who comes in the middle of it", () => {
    const pace = paceOf(running, told(20_000, 0.6), noon + 10_000);
    expect(progressOf(running, noon + 10_000, pace).share).toBe(0.6);
    expect(progressOf(running, noon + 15_000, pace).share).toBeCloseTo(0.8);
  });

  it("never goes back and never jumps, whatever end is expected next", () => {
    const ends = [10_000, 10_100, 16_000, 7_000, 30_000, 9_000];
    let [pace, before]: [Pace | undefined, number] = [undefined, 0];
    for (let ms = 0; ms < 24_000; ms += 100) {
      pace = paceOf(running, told(ends[Math.floor(ms / 4_000)] ?? 0), noon + ms, pace);
      const { share } = progressOf(running, noon + ms, pace);
      expect(share).toBeGreaterThanOrEqual(before);
      expect(share - before).toBeLessThan(0.07);
      before = share;
    }
  });

  it("does not believe what was told of another attempt", () => {
    expect(paceOf({ ...running, attempt: 2 }, told(90_000, 0.9), noon).end).toBe(noon + 10_000);
  });
});

it("stepWords name the node and its step", () => {
  const step = (init: object) => create(JobProgressSchema, init);
  expect(stepWords(step({ nodeTitle: "Sample", step: 3, total: 4 }))).toBe("Sample, step 3 of 4");
  expect(stepWords(step({ nodeId: "12" }))).toBe("Node 12");
  expect(stepWords(undefined)).toBe("Handed to ComfyUI");
});
