import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { SeriesSchema } from "../../gen/comfyscheduler/v1/series_pb";
import { job, noon } from "../../testing/fixtures";
import { statusOf, sumsOf, sumsWords } from "./sums";

const jobs = [
  job("a", { status: JobStatus.COMPLETED, start: noon }),
  job("b", { status: JobStatus.FAILED, start: noon + 10_000 }),
  job("c", { status: JobStatus.SCHEDULED, start: noon + 20_000 }),
];

it("sums up what is known of a series, and what the server tells of it instead", () => {
  const known = sumsOf(undefined, jobs);
  expect(sumsWords(known)).toBe("1 done · 1 to come · 1 failed");
  expect([known.total, known.start]).toEqual([3, noon]);
  const told = create(SeriesSchema, { jobCount: 9, completedCount: 9, timeSlot: { startMs: 5n, endMs: 7n } });
  expect(sumsWords(sumsOf(told, jobs))).toBe("9 done");
  expect(sumsOf(told, jobs).end).toBe(7);
});

it("a series runs while one of its jobs does, waits while one waits, and ends as the best of it", () => {
  const [completed, failed, scheduled] = jobs;
  const status = (...of: (typeof completed)[]) =>
    statusOf(
      sumsOf(
        undefined,
        of.flatMap((each) => each ?? []),
      ),
    );
  expect(status(completed, scheduled, job("r", { status: JobStatus.PROCESSING }))).toBe(JobStatus.PROCESSING);
  expect(status(completed, scheduled)).toBe(JobStatus.SCHEDULED);
  expect(status(completed, failed)).toBe(JobStatus.COMPLETED);
  expect(status(failed, job("x", { status: JobStatus.CANCELLED }))).toBe(JobStatus.FAILED);
  expect(status(job("x", { status: JobStatus.CANCELLED }))).toBe(JobStatus.CANCELLED);
});
