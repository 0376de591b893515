import { describe, expect, it } from "vitest";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../../testing/fixtures";
import { type JobQuery, nowFirst, rowsOf } from "./query";

const done = (id: string, minutes: number, version = 1n) =>
  job(id, { status: JobStatus.COMPLETED, start: noon + minutes * 60_000, version });
const latest = { statuses: [JobStatus.COMPLETED], userId: "", descending: true };
const live = (...jobs: Job[]) => new Map(jobs.map((item) => [item.id, item]));
const merged = (pages: Job[], known: ReadonlyMap<string, Job>, query: JobQuery, more: boolean) =>
  rowsOf({ pages, live: known, more }, query);
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id).join(" ");

describe("rowsOf", () => {
  it("adds what has just been completed, in its place", () => {
    expect(ids(merged([done("b", 2), done("a", 1)], live(done("c", 3)), latest, false))).toBe("c b a");
  });
  it("takes the later version, and drops what no longer matches", () => {
    const cancelled = job("b", { status: JobStatus.CANCELLED, version: 2n, start: noon });
    expect(ids(merged([done("b", 2), done("a", 1)], live(cancelled), latest, false))).toBe("a");
    const stale = job("b", { status: JobStatus.SCHEDULED, version: 1n });
    expect(ids(merged([done("b", 2, 5n)], live(stale), latest, false))).toBe("b");
  });
  it("leaves live jobs beyond the last fetched row to the pages to come", () => {
    const older = done("older", 0);
    expect(ids(merged([done("b", 2), done("a", 1)], live(older), latest, true))).toBe("b a");
    expect(ids(merged([done("b", 2), done("a", 1)], live(older), latest, false))).toBe("b a older");
  });
  it("sorts the other way round and by user", () => {
    const other = { ...done("other", 0), userId: "user-2" };
    const query = { ...latest, descending: false, userId: "user-1" };
    expect(ids(merged([done("a", 1), other], live(done("b", 2)), query, false))).toBe("a b");
  });
});

describe("nowFirst", () => {
  const everybody = { statuses: [JobStatus.COMPLETED], userId: "", descending: true };
  const running = (id: string, minutes: number, version = 1n) =>
    job(id, { status: JobStatus.PROCESSING, start: noon + minutes * 60_000, version });

  it("has what runs and the next bookings above the history, and counts the others", () => {
    const booked = [5, 4, 6, 7, 8].map((minute) => job(`booked-${minute}`, { start: noon + minute * 60_000 }));
    const known = { pages: [done("b", 2), done("a", 1)], live: live(running("now", 3), ...booked), more: false };
    const { entries, hidden } = nowFirst(known, everybody);
    expect(ids(entries.map(({ job }) => job))).toBe("now booked-4 booked-5 booked-6 b a");
    expect(hidden).toBe(2);
  });

  it("has a series once, where it matters first, with its jobs behind it", () => {
    const inSeries = (item: Job, seriesId: string) => ({ ...item, seriesId, seriesIndex: 1 });
    const booked = (id: string, minute: number) => job(id, { start: noon + minute * 60_000 });
    const known = {
      pages: [inSeries(done("s1", 1), "s"), done("a", 0)],
      live: live(
        inSeries(running("s2", 2), "s"),
        inSeries(booked("s3", 3), "s"),
        ...[4, 5, 6].map((minute) => inSeries(booked(`t${minute}`, minute), "t")),
        ...[7, 8, 9].map((minute) => booked(`b${minute}`, minute)),
      ),
      more: false,
    };
    const { entries, hidden } = nowFirst(known, everybody);
    expect(entries.map(({ job, others }) => ids([job, ...others]))).toEqual(["s2 s3 s1", "t4 t5 t6", "b7", "b8", "a"]);
    expect(hidden).toBe(1);
  });

  it("has a job once, in its latest version, when a page is ahead of the live state and when it is behind", () => {
    const ahead = { pages: [done("a", 1, 5n)], live: live(running("a", 1, 4n)), more: false };
    expect(nowFirst(ahead, everybody).entries.map(({ job }) => job.status)).toEqual([JobStatus.COMPLETED]);
    const behind = { pages: [done("a", 1, 5n)], live: live(running("a", 1, 6n)), more: true };
    expect(nowFirst(behind, everybody).entries.map(({ job }) => job.status)).toEqual([JobStatus.PROCESSING]);
  });
});
