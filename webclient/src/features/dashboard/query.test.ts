import { describe, expect, it } from "vitest";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../../testing/fixtures";
import { mergeRows } from "./query";

const done = (id: string, minutes: number, version = 1n) =>
  job(id, { status: JobStatus.COMPLETED, timeSlot: BigInt(noon + minutes * 60_000), version });
const latest = { statuses: [JobStatus.COMPLETED], userId: "", descending: true };
const live = (...jobs: ReturnType<typeof job>[]) => new Map(jobs.map((item) => [item.id, item]));
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).join(" ");

describe("mergeRows", () => {
  it("adds what has just been completed, in its place", () => {
    expect(ids(mergeRows([done("b", 2), done("a", 1)], live(done("c", 3)), latest, false))).toBe("c b a");
  });
  it("takes the later version, and drops what no longer matches", () => {
    const cancelled = job("b", { status: JobStatus.CANCELLED, version: 2n, timeSlot: BigInt(noon) });
    expect(ids(mergeRows([done("b", 2), done("a", 1)], live(cancelled), latest, false))).toBe("a");
    const stale = job("b", { status: JobStatus.SCHEDULED, version: 1n });
    expect(ids(mergeRows([done("b", 2, 5n)], live(stale), latest, false))).toBe("b");
  });
  it("leaves live jobs beyond the last fetched row to the pages to come", () => {
    const older = done("older", 0);
    expect(ids(mergeRows([done("b", 2), done("a", 1)], live(older), latest, true))).toBe("b a");
    expect(ids(mergeRows([done("b", 2), done("a", 1)], live(older), latest, false))).toBe("b a older");
  });
  it("sorts the other way round and by user", () => {
    const other = job("other", { ...done("other", 0), userId: "user-2" });
    const query = { ...latest, descending: false, userId: "user-1" };
    expect(ids(mergeRows([done("a", 1), other], live(done("b", 2)), query, false))).toBe("a b");
  });
});
