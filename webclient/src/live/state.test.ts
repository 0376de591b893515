import { describe, expect, it } from "vitest";
import { JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { job, noon, response } from "../testing/fixtures";
import { emptyState, historyLimit, type LiveState, reduce } from "./state";

const revision = (number: number, epoch = "one") => ({ epoch, number: BigInt(number) });
const told = (state: LiveState, init: Parameters<typeof response>[0]) =>
  reduce(state, { kind: "response", response: response(init), receivedAt: noon });
const snapshot = (number: number, jobs = [job("a")]) => ({
  snapshot: { revision: revision(number), jobs, scheduledUntilMs: 0n },
});
const begun = told(emptyState, snapshot(5));

describe("snapshot", () => {
  it("replaces everything and counts a generation", () => {
    const next = told(begun, snapshot(1, [job("b")]));
    expect([...next.jobs.keys()]).toEqual(["b"]);
    expect(next.revision?.number).toBe(1n);
    expect(next.generation).toBe(begun.generation + 1);
  });
  it("keeps 64-bit seeds exact", () => {
    const seed = 18_446_744_073_709_551_615n;
    expect(told(emptyState, snapshot(1, [job("a", { seed })])).jobs.get("a")?.seed).toBe(seed);
  });
  it("takes over the progress of running jobs", () => {
    const running = job("a", { status: JobStatus.PROCESSING, progress: { jobId: "a", attempt: 1, step: 3, total: 4 } });
    expect(told(emptyState, snapshot(1, [running])).progress.get("a")?.step).toBe(3);
  });
});

describe("delta", () => {
  const change = { deltas: [{ revision: revision(6), jobs: [job("a", { prompt: "new", version: 2n }), job("b")] }] };

  it("lays changed jobs over the known ones", () => {
    const next = told(begun, change);
    expect(next.jobs.get("a")?.prompt).toBe("new");
    expect(next.jobs.size).toBe(2);
    expect(next.revision?.number).toBe(6n);
  });
  it("does no harm the second time", () => {
    const once = told(begun, change);
    expect(told(once, change)).toEqual(once);
  });
  it("is ignored when it is older than the state", () => {
    const old = { deltas: [{ revision: revision(4), jobs: [job("a", { prompt: "old" })] }] };
    expect(told(begun, old)).toBe(begun);
  });
  it("is ignored when it belongs to another epoch or comes before any snapshot", () => {
    expect(told(begun, { deltas: [{ revision: revision(9, "two"), jobs: [job("x")] }] })).toBe(begun);
    expect(told(emptyState, change)).toBe(emptyState);
  });
  it("applies several of one response in order", () => {
    const next = told(begun, {
      deltas: [
        { revision: revision(6), jobs: [job("a", { status: JobStatus.PROCESSING })] },
        { revision: revision(7), jobs: [job("a", { status: JobStatus.COMPLETED })] },
      ],
    });
    expect(next.jobs.get("a")?.status).toBe(JobStatus.COMPLETED);
  });
  it("is told in parts where it is large: the state stands where it stood until the last of them", () => {
    const begins = told(begun, { deltas: [{ revision: revision(5), jobs: [job("b")] }] });
    expect(begins.revision?.number).toBe(5n);
    const next = told(begins, { deltas: [{ revision: revision(6), jobs: [job("c")] }] });
    expect([...next.jobs.keys()]).toEqual(["a", "b", "c"]);
    expect(told(next, { deltas: [{ revision: revision(5), jobs: [job("d")] }] })).toBe(next);
  });
  it("keeps the object of a job that did not change", () => {
    const next = told(begun, { deltas: [{ revision: revision(6), jobs: [job("b")] }] });
    expect(next.jobs.get("a")).toBe(begun.jobs.get("a"));
  });
  it("counts the scheduled jobs, those that are not told too, and leaves the count when no job changed", () => {
    const booked = told(begun, { deltas: [{ revision: revision(6), jobs: [job("b")], scheduledTotal: 900n }] });
    expect(booked.scheduledTotal).toBe(900);
    const renamed = told(booked, { deltas: [{ revision: revision(7), users: [{ userId: "u", name: "Ada" }] }] });
    expect(renamed.scheduledTotal).toBe(900);
  });
});

describe("status", () => {
  const all = told(begun, {
    statuses: [
      {
        complete: true,
        system: { version: "1" },
        workflows: [{ id: "klein", version: "v1" }],
        connectedUsers: [{ connectionId: "c", userId: "u" }],
        presence: { connections: 301, users: 40 },
        users: [{ userId: "u", name: "Ada" }],
      },
    ],
  });

  it("has no revision, and leaves jobs alone", () => {
    expect(all.revision).toBe(begun.revision);
    expect(all.jobs).toBe(begun.jobs);
    expect(all.names.get("u")).toBe("Ada");
  });
  it("changes what it names", () => {
    const next = told(all, { statuses: [{ workflows: [{ id: "klein", version: "v2" }] }] });
    expect(next.workflows.map(({ version }) => version)).toEqual(["v2"]);
    expect([next.system, next.presence]).toEqual([all.system, all.presence]);
    expect(next.connections).toBe(all.connections);
  });
  it("adds and removes connections, and counts those that are not told", () => {
    const joined = told(all, { statuses: [{ connectedUsers: [{ connectionId: "d", userId: "v" }] }] });
    expect([...joined.connections.keys()]).toEqual(["c", "d"]);
    const left = told(joined, { statuses: [{ disconnectedIds: ["c", "d"] }] });
    expect(left.connections.size).toBe(0);
    expect(left.presence?.connections).toBe(301);
  });
  it("that is complete replaces all there was: a stream that resumes brings no snapshot", () => {
    const again = told(all, { statuses: [{ complete: true, system: { version: "2" } }] });
    expect(again.workflows).toEqual([]);
    expect(again.connections.size).toBe(0);
    expect(again.jobs).toBe(begun.jobs);
    expect(again.generation).toBe(begun.generation);
  });
  it("outlives a snapshot", () => {
    expect(told(all, snapshot(9)).system).toBe(all.system);
  });
});

describe("names", () => {
  const users = (...names: [string, string][]) => names.map(([userId, name]) => ({ userId, name }));
  const named = told(emptyState, {
    snapshot: { ...snapshot(5).snapshot, users: users(["u", "User-1"], ["v", "Ada"]) },
  });
  const visitor = reduce(named, {
    kind: "me",
    user: { $typeName: "comfyscheduler.v1.User", id: "u", name: "User-1", administrator: false, createdAtMs: 0n },
  });

  it("change without any job or connection, the visitor's own too", () => {
    const next = told(visitor, { deltas: [{ revision: revision(6), users: users(["u", "Grace"]) }] });
    expect([...next.names]).toEqual([
      ["u", "Grace"],
      ["v", "Ada"],
    ]);
    expect(next.me?.name).toBe("Grace");
    expect(next.jobs).toBe(visitor.jobs);
  });
  it("are the same object while nobody is new or renamed", () => {
    const next = told(visitor, { deltas: [{ revision: revision(6), jobs: [job("b")], users: users(["v", "Ada"]) }] });
    expect(next.names).toBe(visitor.names);
  });
  it("that came with the answer to a call are taken for users who are not known otherwise", () => {
    const next = reduce(visitor, {
      kind: "names",
      users: response({ deltas: [{ users: users(["v", "Old"], ["w", "Linus"]) }] }).deltas[0]?.users ?? [],
    });
    expect([next.names.get("v"), next.names.get("w")]).toEqual(["Ada", "Linus"]);
    expect(reduce(next, { kind: "names", users: [] })).toBe(next);
  });
  it("begin anew with a snapshot", () => {
    const next = told(visitor, { snapshot: { ...snapshot(9).snapshot, users: users(["w", "Linus"]) } });
    expect([...next.names.keys()]).toEqual(["w"]);
  });
});

describe("progress", () => {
  const running = told(emptyState, snapshot(1, [job("a", { status: JobStatus.PROCESSING })]));
  const step = (jobId: string, number: number) => ({ progress: [{ jobId, attempt: 1, step: number, total: 9 }] });

  it("is kept for running jobs only", () => {
    expect(told(running, step("a", 2)).progress.get("a")?.step).toBe(2);
    expect(told(begun, step("a", 2))).toBe(begun);
    expect(told(running, step("unknown", 2))).toBe(running);
  });
  it("leaves with the job's outcome and with a new attempt", () => {
    const known = told(running, step("a", 2));
    const ended = told(known, { deltas: [{ revision: revision(2), jobs: [job("a", { status: JobStatus.FAILED })] }] });
    expect(ended.progress.size).toBe(0);
    const again = job("a", { status: JobStatus.PROCESSING, attempt: 2 });
    expect(told(known, { deltas: [{ revision: revision(2), jobs: [again] }] }).progress.size).toBe(0);
  });
});

describe("history", () => {
  it("is bounded: the oldest outcomes go, booked and running jobs stay", () => {
    const ended = Array.from({ length: historyLimit + 200 }, (_, index) =>
      job(`ended-${index}`, { status: JobStatus.COMPLETED, finishedAtMs: BigInt(noon + index) }),
    );
    const next = told(begun, { deltas: [{ revision: revision(6), jobs: ended }] });
    expect(next.jobs.size).toBe(historyLimit + 1);
    expect(next.jobs.has("a")).toBe(true);
    expect(next.jobs.has("ended-199")).toBe(false);
    expect(next.jobs.has("ended-200")).toBe(true);
  });
});

describe("clock", () => {
  it("believes the sample with the least latency and starts over when a clock was set", () => {
    const beat = (server: number, local: number, state: LiveState) =>
      reduce(state, {
        kind: "response",
        response: response({ heartbeat: { serverTimeMs: BigInt(server) } }),
        receivedAt: local,
      });
    const slow = beat(1_000, 1_400, emptyState);
    expect(slow.clock?.offset).toBe(-400);
    const quick = beat(2_000, 2_010, slow);
    expect(quick.clock?.offset).toBe(-10);
    expect(beat(3_000, 3_300, quick).clock?.offset).toBe(-10);
    expect(beat(90_000, 4_000, quick).clock?.offset).toBe(86_000);
  });
});
