import { expect, it } from "vitest";
import { JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { job, noon } from "../../testing/fixtures";
import { groupsOf } from "./groups";

it("puts each job into one group, and what was taken back before it ran into none", () => {
  const ended = (id: string, minute: number, status = JobStatus.COMPLETED) =>
    job(id, { status, startedAtMs: BigInt(noon), finishedAtMs: BigInt(noon + minute * 60_000) });
  const {
    running,
    upcoming,
    ended: over,
  } = groupsOf([
    job("later", { start: noon + 60_000 }),
    job("next"),
    job("now", { status: JobStatus.PROCESSING }),
    ended("first", 1),
    ended("last", 2, JobStatus.CANCELLED),
    job("taken back", { status: JobStatus.CANCELLED, finishedAtMs: BigInt(noon + 180_000) }),
  ]);
  const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);
  expect(ids(running)).toEqual(["now"]);
  expect(ids(upcoming)).toEqual(["next", "later"]);
  expect(ids(over)).toEqual(["last", "first"]);
});
