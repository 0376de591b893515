import { describe, expect, it } from "vitest";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { movedTo, startOf } from "../../lib/slots";
import { job, noon } from "../../testing/fixtures";
import { extentOf, layOut, overrunOf } from "./blocks";

const hour = { start: noon, end: noon + 3_600_000 };
const row = (count: number, every: number) =>
  Array.from({ length: count }, (_, index) => job(`job-${index}`, { start: noon + index * every }));

describe("layOut", () => {
  it("draws wide blocks one by one, with the room beside them", () => {
    const blocks = layOut(row(3, 30_000), hour, 100);
    expect(blocks.map(({ count, width, room }) => [count, width, room])).toEqual([
      [1, 100, 200],
      [1, 100, 200],
      [1, 100, Number.POSITIVE_INFINITY],
    ]);
  });
  it("draws a crowd too small to tell apart as clusters that keep every job counted", () => {
    const blocks = layOut(row(300, 11_000), hour, 20_000);
    expect(blocks.length).toBeLessThan(10);
    expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(300);
    expect(Math.max(...blocks.map(({ width }) => width))).toBeLessThanOrEqual(36);
  });
  it("keeps crowds with a gap apart", () => {
    const crowd = [...row(20, 11_000), job("far", { start: noon + 3_000_000 })];
    expect(layOut(crowd, hour, 20_000).map(({ count }) => count)).toEqual([20, 1]);
  });
  it("keeps what is over apart from what is to come", () => {
    const over = row(9, 11_000).map((done) => ({ ...done, status: JobStatus.COMPLETED }));
    const coming = row(9, 11_000).map((next) => ({
      ...movedTo(next, startOf(next) + 100_000),
      id: `next-${next.id}`,
    }));
    expect(layOut([...over, ...coming], hour, 20_000).map(({ count }) => count)).toEqual([9, 9]);
  });
  it("leaves out what is cancelled or out of sight", () => {
    const jobs = [job("gone", { status: JobStatus.CANCELLED }), job("far", { start: noon + 9_000_000 })];
    expect(layOut(jobs, hour, 100)).toEqual([]);
  });
});

describe("extentOf", () => {
  it("is the slot while it is held and the run afterwards", () => {
    const ran = { startedAtMs: BigInt(noon + 2_000), finishedAtMs: BigInt(noon + 15_000) };
    expect(extentOf(job("a", { status: JobStatus.PROCESSING, ...ran })).end).toBe(noon + 10_000);
    expect(extentOf(job("a", { status: JobStatus.COMPLETED, ...ran }))).toEqual({
      start: noon + 2_000,
      end: noon + 15_000,
    });
  });
  it("is the slot of a job that failed without ever starting", () => {
    expect(extentOf(job("a", { status: JobStatus.FAILED })).start).toBe(noon);
  });
});

describe("overrunOf", () => {
  it("counts from the end of a running job's slot", () => {
    expect(overrunOf(job("a", { status: JobStatus.PROCESSING }), noon + 12_500)).toBe(2_500);
    expect(overrunOf(job("a", { status: JobStatus.PROCESSING }), noon + 9_000)).toBe(0);
    expect(overrunOf(job("a"), noon + 12_500)).toBe(0);
  });
});

it("never draws jobs of two workers as one", () => {
  const tiny = (id: string, workerId: string) => job(id, { workerId, durationMs: 10n });
  const blocks = layOut([tiny("a", "one"), tiny("b", "two"), tiny("c", "one")], { start: 0, end: noon * 2 }, 1_000);
  expect(blocks.map(({ job: { workerId }, count }) => [workerId, count])).toEqual([
    ["one", 2],
    ["two", 1],
  ]);
});
