import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { JobStatus } from "../gen/comfyscheduler/v1/job_pb";
import { WorkerSchema } from "../gen/comfyscheduler/v1/worker_pb";
import { job, noon } from "../testing/fixtures";
import { blockerOf, blockerWords, collides, nextFreeStart, place, takenSlots } from "./slots";

const gpu = create(WorkerSchema, { id: "gpu" });
const at = (offset: number) => BigInt(noon + offset);
const taken = (...slots: [number, number][]) =>
  takenSlots(
    slots.map(([start, length], index) => job(`job-${index}`, { start: noon + start, durationMs: BigInt(length) })),
    gpu,
    noon,
  );

describe("closed intervals", () => {
  it("collide when they touch, and not a millisecond later", () => {
    const slot = { start: 0, end: 10 };
    expect(collides(slot, { start: 10, end: 20 })).toBe(true);
    expect(collides(slot, { start: 11, end: 20 })).toBe(false);
    expect(collides({ start: -5, end: 0 }, slot)).toBe(true);
    expect(collides({ start: -5, end: -1 }, slot)).toBe(false);
  });
});

describe("takenSlots", () => {
  it("knows only jobs that hold their slot on the worker, earliest first, each with its own length", () => {
    const slots = takenSlots(
      [
        job("late", { start: noon + 50_000, durationMs: 300_000n }),
        job("early", { start: noon, durationMs: 1_000n }),
        job("done", { status: JobStatus.COMPLETED }),
        job("cancelled", { status: JobStatus.CANCELLED }),
        job("elsewhere", { workerId: "other" }),
      ],
      gpu,
      noon,
    );
    expect(slots.map((slot) => [slot.job?.id, slot.end - slot.start])).toEqual([
      ["early", 1_000],
      ["late", 300_000],
    ]);
  });

  it("lets a running job that overruns hold the worker until now", () => {
    const [slot] = takenSlots([job("running", { status: JobStatus.PROCESSING })], gpu, noon + 25_000);
    expect(slot?.end).toBe(noon + 25_000);
  });
});

describe("nextFreeStart", () => {
  it("is the asked moment when it is free, else one millisecond after the end of what is in the way", () => {
    const slots = taken([0, 10_000], [12_000, 10_000]);
    expect(nextFreeStart(noon + 30_000, 5_000, slots)).toBe(noon + 30_000);
    expect(nextFreeStart(noon + 3_000, 1_000, slots)).toBe(noon + 10_001);
    expect(nextFreeStart(noon + 3_000, 5_000, slots)).toBe(noon + 22_001);
  });

  it("agrees with blockerOf: what it finds is free, and nothing earlier is", () => {
    const slots = taken([0, 7], [9, 4], [20, 3], [24, 1]);
    for (let length = 0; length < 12; length++) {
      for (let from = -5; from < 30; from++) {
        const start = nextFreeStart(noon + from, length, slots);
        expect(blockerOf({ start, end: start + length }, slots)).toBeUndefined();
        for (let earlier = noon + from; earlier < start; earlier++)
          expect(blockerOf({ start: earlier, end: earlier + length }, slots)).toBeDefined();
      }
    }
  });
});

describe("place", () => {
  const options = { duration: 5_000, taken: taken([10_000, 10_000]), earliest: noon, reach: 2_000, grid: 1_000 };

  it("rounds to the grid", () => {
    expect(place(noon + 2_400, options)).toEqual({ start: noon + 2_000, end: noon + 7_000 });
  });
  it("leans before or behind a neighbour within reach", () => {
    expect(place(noon + 6_000, options).start).toBe(noon + 10_000 - 1 - 5_000);
    expect(place(noon + 19_000, options).start).toBe(noon + 20_001);
  });
  it("names what is in the way when there is no room within reach", () => {
    expect(place(noon + 14_000, options).blocker?.job?.id).toBe("job-0");
  });
  it("leans against now, and refuses the past beyond reach", () => {
    expect(place(noon - 1_000, options).start).toBe(noon);
    expect(place(noon - 9_000, options).past).toBe(true);
  });
  it("leaves the moved job itself out", () => {
    expect(place(noon + 12_000, { ...options, except: "job-0" }).blocker).toBeUndefined();
  });
});

describe("a pause", () => {
  const pause = {
    timeSlot: { startMs: at(20_000), endMs: at(60_000) },
    reason: "Rendering for the expo",
    userName: "Ada",
  };
  const paused = create(WorkerSchema, { id: "gpu", pause });
  const slots = takenSlots([job("early", { start: noon, durationMs: 10_000n })], paused, noon);

  it("is taken like a slot", () => {
    expect(slots.map(({ start, end }) => [start - noon, end - noon])).toEqual([
      [0, 10_000],
      [20_000, 60_000],
    ]);
    expect(nextFreeStart(noon + 9_000, 10_000, slots)).toBe(noon + 60_001);
    expect(nextFreeStart(noon + 9_000, 9_000, slots)).toBe(noon + 10_001);
  });

  it("is named in words, and is no job that could be left out", () => {
    const blocker = blockerOf({ start: noon + 30_000, end: noon + 31_000 }, slots, undefined);
    const viewer = (id: string, name = "") => ({ id, names: new Map(name ? [["user-1", name]] : []) });
    expect(blocker && blockerWords(blocker, viewer("user-1"), noon)).toMatch(/^paused until /);
    const [first] = slots;
    expect(first && blockerWords(first, viewer("user-1"), noon)).toMatch(/^taken by you until /);
    expect(first && blockerWords(first, viewer("user-2"), noon)).toMatch(/^taken by User user-1 until /);
    expect(first && blockerWords(first, viewer("user-2", "Ada"), noon)).toMatch(/^taken by Ada until /);
  });

  it("is forgotten when it is over", () => {
    expect(takenSlots([], paused, noon + 60_001)).toEqual([]);
  });
});
