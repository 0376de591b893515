import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Job, JobStatus } from "../../gen/comfyscheduler/v1/job_pb";
import { WorkerSchema } from "../../gen/comfyscheduler/v1/worker_pb";
import { job, noon } from "../../testing/fixtures";
import { createTimelineController } from "./controller";
import type { View } from "./scale";
import type { Scene } from "./scene";

const second = 1_000;
/** Two minutes, a tenth of a second to the pixel: starts are rounded to whole seconds. */
const view: View = { start: noon - 24 * second, end: noon + 96 * second, width: 1_200 };

/** A timeline without a page: it keeps its view, and everything it is asked for. */
function setUp(jobs: readonly Job[] = [], part: Partial<Scene> = {}) {
  const known = new Map(jobs.map((each) => [each.id, each]));
  const calls = { onSelect: vi.fn(), onPin: vi.fn(), onBook: vi.fn(), onMove: vi.fn(async () => true) };
  const workers = [create(WorkerSchema, { id: "gpu" })];
  const durations = new Map([["gpu", 5 * second]]);
  const durationsOf = ({ workerId }: Job) => new Map([[workerId, 10 * second]]);
  const onLost = vi.fn();
  let scene: Scene = {
    durations,
    durationsOf,
    workers,
    jobs: known,
    selectedId: undefined,
    pinned: undefined,
    ...calls,
    ...part,
  };
  const controller = createTimelineController({ now: () => noon, jobOf: (id) => known.get(id), onLost }, scene);
  let shown = view;
  const detach = controller.attach({
    view: () => shown,
    show: (next) => {
      shown = next;
      controller.events.onView(next, false);
    },
    draw: () => {},
    pointAt: () => ({ at: noon, y: 0 }),
    grab: () => undefined,
    place: () => {},
    letGo: () => {},
    select: () => {},
    setNow: () => {},
    destroy: () => {},
  });
  const see = (change: Partial<Scene>) => {
    scene = { ...scene, ...change };
    controller.see(scene);
  };
  return { controller, see, detach, onLost, ...calls, shown: () => shown };
}

describe("the pointer", () => {
  it("chooses a free place with a press and books it with two, at the rounded moment", () => {
    const { controller, onSelect, onPin, onBook } = setUp();
    controller.events.onPress({ at: noon + 20_400 });
    expect(onSelect).toHaveBeenCalledWith(undefined);
    expect(onPin).toHaveBeenCalledWith({ start: noon + 20_000 });
    controller.events.onDoublePress({ at: noon + 20_400 });
    expect(onBook).toHaveBeenCalledWith({ start: noon + 20_000 });
  });

  it("selects the job it presses, and comes closer to many that are drawn as one", () => {
    const { controller, onSelect, onPin, shown } = setUp([job("a")]);
    controller.events.onPress({ at: noon, item: "a" });
    expect(onSelect).toHaveBeenCalledWith("a");
    controller.events.onPress({ at: noon, item: "cluster-a" });
    expect(shown().end - shown().start).toBe(24 * second);
    controller.events.onDoublePress({ at: noon, item: "a" });
    expect(onPin).not.toHaveBeenCalled();
  });

  it("rests on nothing while it is a finger, or has left", () => {
    const { controller } = setUp();
    controller.events.onPoint({ at: noon });
    expect(controller.get().pointed).toEqual({ at: noon });
    controller.unpoint();
    expect(controller.get().pointed).toBeUndefined();
    controller.touch(true);
    controller.events.onPoint({ at: noon });
    expect(controller.get().pointed).toBeUndefined();
  });

  it("chooses nothing before a slot's length is known", () => {
    const { controller, onPin, onBook } = setUp([], { durations: new Map() });
    controller.events.onPress({ at: noon + 20_000 });
    controller.events.onDoublePress({ at: noon + 20_000 });
    controller.press("ArrowRight");
    expect(onPin).not.toHaveBeenCalled();
    expect(onBook).not.toHaveBeenCalled();
  });
});

describe("a drag", () => {
  const own = job("own", { start: noon + 30 * second });

  it("keeps the job's own length, leaves its own slot out, and is over when the hand gives it up", () => {
    const { controller, onLost } = setUp([own, job("other", { start: noon + 60 * second })]);
    const landed = controller.events.onDrag("own", noon + 32_000, view);
    expect(landed).toMatchObject({ start: noon + 32_000, end: noon + 42_000 });
    expect(controller.events.onDrag("own", noon + 52_000, view)).toMatchObject({ start: noon + 49_999 });
    expect(controller.get().drag?.id).toBe("own");
    controller.events.onGiveUp(false);
    expect(controller.get().drag).toBeUndefined();
    expect(onLost).not.toHaveBeenCalled();
    controller.events.onGiveUp(true);
    expect(onLost).toHaveBeenCalledWith("The drag was interrupted. Drag the block once more.");
  });

  it("moves what only the timeline has fetched, and tells of what is not booked any more", () => {
    const far = job("far", { start: noon + 80 * second });
    const { controller, onMove, onLost } = setUp([], { jobs: new Map([["far", far]]) });
    controller.events.onDrop("far", noon + 90 * second);
    expect(onMove).toHaveBeenCalledWith(far, noon + 90 * second);
    controller.events.onDrop("gone", noon + 90 * second);
    expect(onLost).toHaveBeenCalledWith("It is not booked any more.");
  });

  it("shows the job where it was dropped until the move is refused", async () => {
    const { controller, onMove } = setUp([own]);
    onMove.mockResolvedValueOnce(false);
    controller.events.onDrop("own", noon + 50_000);
    expect(controller.get().dropped).toEqual({ job: own, workerId: "gpu", start: noon + 50_000 });
    await vi.waitFor(() => expect(controller.get().dropped).toBeUndefined());
    expect(onMove).toHaveBeenCalledWith(own, noon + 50_000);
  });

  it("moves nothing that is dropped where it was", () => {
    const { controller, onMove } = setUp([own]);
    controller.events.onDrop("own", noon + 30 * second);
    expect(onMove).not.toHaveBeenCalled();
  });
});

describe("the keys", () => {
  // Beyond the horizon of the live state: the timeline has fetched it, and it is in the way all the same.
  const far = job("far", { start: noon + 20 * second, durationMs: 10_000n });

  it("offer the next free slot first, then step from place to place around what is taken", () => {
    const { controller, see, onPin, onBook } = setUp([job("now"), far]);
    controller.press("ArrowRight");
    expect(onPin).toHaveBeenLastCalledWith({ start: noon + 10_001 });
    see({ pinned: { start: noon + 14_000 } });
    controller.press("ArrowRight");
    // What a pointer is refused there, the keys are refused as well: the slot leans against its neighbour.
    expect(onPin).toHaveBeenLastCalledWith({ start: noon + 14_999 });
    controller.press("Enter");
    expect(onBook).toHaveBeenCalledWith({ start: noon + 14_000 });
  });

  it("walk from job to job, past cancelled ones", () => {
    const gone = job("gone", { start: noon + 15 * second, status: JobStatus.CANCELLED });
    const { controller, see, onSelect } = setUp([far, gone, job("now")]);
    controller.press("ArrowDown");
    expect(onSelect).toHaveBeenLastCalledWith("now");
    see({ selectedId: "now" });
    controller.press("ArrowDown");
    expect(onSelect).toHaveBeenLastCalledWith("far");
    onSelect.mockClear();
    see({ selectedId: "far" });
    controller.press("ArrowDown");
    expect(onSelect).not.toHaveBeenCalled();
  });

  it("let go of everything with Escape, and leave other keys to the page", () => {
    const { controller, onPin, onSelect } = setUp();
    expect(controller.press("Escape")).toBe(true);
    expect([onPin.mock.calls, onSelect.mock.calls]).toEqual([[[undefined]], [[undefined]]]);
    expect(controller.press("q")).toBe(false);
  });
});

describe("now", () => {
  let timeline: ReturnType<typeof setUp>;
  beforeEach(() => {
    timeline = setUp();
  });
  const late = { ...view, start: noon - 80 * second, end: noon + 40 * second };

  it("is turned back into sight like a page, but not while something is pointed at", () => {
    const { controller, shown } = timeline;
    controller.events.onView(late, false);
    controller.events.onPoint({ at: noon });
    controller.turn();
    expect(shown()).toBe(view);
    controller.unpoint();
    controller.turn();
    expect((noon - shown().start) / (shown().end - shown().start)).toBeCloseTo(0.2);
  });

  it("is followed until somebody moves the view, and again when asked to", () => {
    const { controller, shown } = timeline;
    controller.events.onView(late, true);
    expect(controller.get().following).toBe(false);
    controller.pan(0.5);
    const where = shown();
    controller.turn();
    expect(shown()).toBe(where);
    controller.press("n");
    expect(controller.get().following).toBe(true);
    expect(shown().start).toBe(view.start);
  });

  it("stays where it is while the view is zoomed about it", () => {
    const { controller, shown } = timeline;
    controller.zoom(0.5);
    expect(shown()).toEqual({ ...view, start: noon - 12 * second, end: noon + 48 * second });
  });
});

it("brings a job that is selected elsewhere into sight, once, and as soon as it is known", () => {
  const { controller, see, shown } = setUp();
  const away = job("away", { start: noon + 3_600 * second });
  see({ selectedId: "away" });
  expect(shown()).toBe(view);
  see({ jobs: new Map([["away", away]]) });
  expect(shown().start).toBe(noon + (3_600 - 24) * second);
  expect(controller.get().following).toBe(false);
  controller.pan(-1);
  const where = shown();
  see({ jobs: new Map([["away", { ...away, version: 2n }]]) });
  expect(shown()).toBe(where);
});

it("keeps the timeline's state for those who look, and forgets its handle when it is gone", () => {
  const { controller, detach } = setUp();
  const listener = vi.fn();
  const leave = controller.subscribe(listener);
  controller.events.onView(controller.get().view ?? view, false);
  expect(listener).not.toHaveBeenCalled();
  detach();
  expect(listener).toHaveBeenCalledOnce();
  expect(controller.get().handle).toBeUndefined();
  leave();
});

describe("several lanes", () => {
  const ids = ["gpu", "card-2", "card-3"];
  const lengths = new Map([
    ["gpu", 10 * second],
    ["card-3", 20 * second],
  ]);
  const lanes = {
    workers: ids.map((id) => create(WorkerSchema, { id })),
    rows: { ids, height: 60 },
    durations: lengths,
    durationsOf: () => lengths,
  };
  const own = job("own", { start: noon + 30 * second });

  it("chooses and books on the lane under the pointer, with the length of that worker", () => {
    const { controller, onPin, onBook } = setUp([job("busy", { start: noon + 20 * second })], lanes);
    controller.events.onPress({ at: noon + 20_000, y: 130 });
    expect(onPin).toHaveBeenCalledWith({ start: noon + 20_000, workerId: "card-3" });
    controller.events.onDoublePress({ at: noon + 20_000, y: 170 });
    expect(onBook).toHaveBeenCalledWith({ start: noon + 20_000, workerId: "card-3" });
    controller.events.onPress({ at: noon + 20_000, y: 70 });
    expect(onPin).toHaveBeenCalledTimes(1);
  });

  it("drags a job to another lane, where it is as long as it is there, and to none that cannot run it", () => {
    const { controller, onMove } = setUp([own], lanes);
    expect(controller.events.onDrag("own", noon + 30_000, view, 80)).toMatchObject({ unable: true, row: 1 });
    const landed = controller.events.onDrag("own", noon + 30_000, view, 150);
    expect(landed).toMatchObject({ start: noon + 30_000, end: noon + 50_000, row: 2 });
    controller.events.onDrop("own", noon + 30_000);
    expect(onMove).toHaveBeenCalledWith(own, noon + 30_000, "card-3");
    expect(controller.get().dropped).toMatchObject({ workerId: "card-3" });
  });

  it("names no worker for a job that stays on its lane", () => {
    const { controller, onMove } = setUp([own], lanes);
    controller.events.onDrag("own", noon + 60_000, view, 10);
    controller.events.onDrop("own", noon + 60_000);
    expect(onMove).toHaveBeenCalledWith(own, noon + 60_000);
  });

  it("takes the chosen slot and the selected booking to the next lane that can run it, by keys alone", () => {
    const { controller, see, onPin, onMove } = setUp(
      [own, job("there", { start: noon + 30_000, workerId: "card-3" })],
      lanes,
    );
    see({ pinned: { start: noon + 60_000, workerId: "gpu" } });
    controller.press("Shift+ArrowDown");
    expect(onPin).toHaveBeenLastCalledWith({ start: noon + 60_000, workerId: "card-3" });
    see({ pinned: undefined, selectedId: "own" });
    controller.press("Shift+ArrowUp");
    expect(onMove).not.toHaveBeenCalled();
    controller.press("Shift+ArrowDown");
    expect(onMove).toHaveBeenCalledWith(own, noon + 40_001, "card-3");
  });
});
