import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { WorkerSchema } from "../../gen/comfyscheduler/v1/worker_pb";
import { job, noon } from "../../testing/fixtures";
import { loadsOf, rowsInSight, rowsOf } from "./rows";

const worker = (id: string) => create(WorkerSchema, { id });

describe("rowsOf", () => {
  it("is nothing for one worker, and one lane for each of several", () => {
    expect(rowsOf([worker("gpu")], [job("a")])).toEqual([]);
    expect(rowsOf([worker("gpu"), worker("b")], []).map(({ id }) => id)).toEqual(["gpu", "b"]);
  });
  it("keeps a lane for the bookings of a worker that is no longer configured", () => {
    const jobs = [job("a", { workerId: "gone" }), job("b", { workerId: "past", status: JobStatus.COMPLETED })];
    expect(rowsOf([worker("gpu")], jobs)).toMatchObject([{ id: "gpu" }, { id: "gone" }]);
  });
});

it("loadsOf tells how much of what is shown is taken on each lane", () => {
  const jobs = [
    job("a", { start: noon - 5_000 }),
    job("b", { start: noon + 10_000 }),
    job("c", { start: noon, workerId: "b", status: JobStatus.CANCELLED }),
    job("d", { start: noon + 90_000, workerId: "b" }),
  ];
  const loads = loadsOf(jobs, { start: noon, end: noon + 20_000 });
  expect([loads.get("gpu"), loads.get("b")]).toEqual([0.75, undefined]);
});

it("rowsInSight are those that are scrolled to, and one more on either side", () => {
  const sizes = { height: 60, axis: 47 };
  expect(rowsInSight({ top: 0, height: 347 }, sizes, 50)).toEqual({ start: 0, end: 6 });
  expect(rowsInSight({ top: 1_200, height: 347 }, sizes, 50)).toEqual({ start: 19, end: 26 });
  expect(rowsInSight({ top: 2_700, height: 347 }, sizes, 50)).toEqual({ start: 44, end: 50 });
});
