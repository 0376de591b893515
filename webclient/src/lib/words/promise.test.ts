import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DelayKind, DelaySchema, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../../testing/fixtures";
import { isMovable, promiseWords } from "./promise";

describe("what a slot promises", () => {
  it("is that it may start earlier, for the next free slot and for what a delay has moved", () => {
    expect(promiseWords(job("a", { sooner: true }))).toBe("May start earlier");
    const overdue = create(DelaySchema, { kind: DelayKind.OVERDUE });
    expect(isMovable(job("b", { delay: overdue }))).toBe(true);
    expect(isMovable(job("c", { delay: create(DelaySchema, { kind: DelayKind.LATE }) }))).toBe(false);
    expect(promiseWords(job("exact"))).toBe("");
  });

  it("is over when the job has begun, and told as what became of it", () => {
    expect(promiseWords(job("a", { sooner: true, status: JobStatus.PROCESSING }))).toBe("");
    const forward = { sooner: true, promisedStartMs: BigInt(noon + 40_000) };
    expect(promiseWords(job("b", { ...forward, status: JobStatus.COMPLETED }))).toBe("Moved forward 40 s");
    expect(promiseWords(job("c", { promisedStartMs: BigInt(noon + 300) }))).toBe("");
  });
});
