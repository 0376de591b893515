import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MaskCodec } from "../../lib/mask/codec";
import type { Mask } from "../../lib/mask/mask";
import type { MaskUse, Pixels } from "../../lib/mask/pixels";
import MaskEditor from "./MaskEditor";

const picture: Pixels = { width: 200, height: 100, data: new Uint8Array(200 * 100 * 4).fill(255) };
/** The same picture with its left half masked. */
const half: Pixels = {
  ...picture,
  data: picture.data.map((byte, i) => (i % 4 === 3 && (i >> 2) % 200 < 100 ? 0 : byte)) as Uint8Array,
};

beforeEach(() => {
  // A stage on which the picture is shown as it is, 16 pixels from its corner.
  vi.stubGlobal(
    "ResizeObserver",
    class {
      readonly told: ResizeObserverCallback;
      constructor(told: ResizeObserverCallback) {
        this.told = told;
      }
      observe() {
        const entry = { contentRect: { width: 232, height: 132 } } as ResizeObserverEntry;
        this.told([entry], this as unknown as ResizeObserver);
      }
      disconnect() {}
    },
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** The editor, and what it hands over. */
async function setUp({ before, use = "picture" as MaskUse }: { before?: Pixels; use?: MaskUse } = {}) {
  const made: { mask: Mask; use: MaskUse }[] = [];
  const codec: MaskCodec = {
    read: async (url) => (url === "before" && before ? before : picture),
    write: async (_, mask, use) => {
      made.push({ mask: { ...mask, data: mask.data.slice() }, use });
      return new Blob(["png"]);
    },
  };
  const [onDone, onClose] = [vi.fn(), vi.fn()];
  const source = { picture: "picture", ...(before && { mask: "before" }), use };
  render(<MaskEditor source={source} onDone={onDone} onClose={onClose} codec={codec} />);
  const stage = await screen.findByRole("application", { name: "Picture to paint on" });
  const done = async () => {
    await act(async () => void fireEvent.click(screen.getByRole("button", { name: "Use mask" })));
    await waitFor(() => expect(onDone).toHaveBeenCalled());
    return made[0]?.mask.data ?? new Uint8Array();
  };
  return { stage, made, onDone, onClose, done };
}

/** The value at a point of the picture. */
const at = (data: Uint8Array, x: number, y: number) => data[y * 200 + x];
/** A pointer at a point of the picture. */
const pointer = (x: number, y: number, more = {}) => ({
  pointerId: 1,
  pointerType: "mouse",
  clientX: x + 16,
  clientY: y + 16,
  ...more,
});
const draw = (stage: HTMLElement, ...points: [x: number, y: number][]) =>
  act(() => {
    const [first = [0, 0], ...others] = points;
    fireEvent.pointerDown(stage, pointer(...first));
    for (const point of others) fireEvent.pointerMove(stage, pointer(...point));
    fireEvent.pointerUp(stage, pointer(...(points.at(-1) ?? first)));
  });
const press = (name: string) => act(() => void fireEvent.click(screen.getByRole("button", { name })));
const key = (target: HTMLElement, name: string, more = {}) =>
  act(() => void fireEvent.keyDown(target, { key: name, ...more }));

it("paints where the pointer is, in pixels of the picture", async () => {
  const { stage, done } = await setUp();
  draw(stage, [50, 50], [100, 50]);
  const mask = await done();
  expect([at(mask, 50, 50), at(mask, 75, 50), at(mask, 100, 50)]).toEqual([255, 255, 255]);
  expect([at(mask, 40, 50), at(mask, 75, 40), at(mask, 75, 60)]).toEqual([0, 0, 0]);
});

it("takes back, does again, inverts, clears and erases", async () => {
  const { stage, done } = await setUp();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Undo" }).disabled).toBe(true);
  draw(stage, [30, 30]);
  press("Clear");
  press("Undo");
  press("Undo");
  press("Redo");
  press("Invert");
  press("Eraser");
  draw(stage, [150, 70]);
  const mask = await done();
  expect([at(mask, 30, 30), at(mask, 100, 50), at(mask, 150, 70)]).toEqual([0, 255, 0]);
});

it("is led by keys: the arrows move the brush, Enter paints, and Ctrl+Z stays in the window", async () => {
  const { stage, done } = await setUp();
  const outside = vi.fn();
  addEventListener("keydown", outside);
  key(stage, "Enter");
  for (let times = 0; times < 10; times++) key(stage, "ArrowRight");
  act(() => void fireEvent.keyUp(stage, { key: "Enter" }));
  key(stage, "ArrowDown", { shiftKey: true });
  key(stage, "i");
  key(stage, "z", { ctrlKey: true });
  removeEventListener("keydown", outside);
  expect(outside).not.toHaveBeenCalled();
  const mask = await done();
  expect([at(mask, 101, 50), at(mask, 115, 50), at(mask, 90, 50)]).toEqual([255, 255, 0]);
});

it("goes on with the mask that is there", async () => {
  const { done } = await setUp({ before: half });
  const mask = await done();
  expect([at(mask, 99, 10), at(mask, 100, 10)]).toEqual([255, 0]);
});

it("makes a picture that is nothing but a mask where one is asked for", async () => {
  const { made, done } = await setUp({ use: "mask" });
  await done();
  expect(made[0]?.use).toBe("mask");
});

it("asks before it throws away what was painted", async () => {
  const { stage, onClose } = await setUp();
  draw(stage, [50, 50]);
  press("Cancel");
  expect(onClose).not.toHaveBeenCalled();
  press("Leave without it");
  expect(onClose).toHaveBeenCalled();
});

it("says in words when the picture cannot be read", async () => {
  const codec = { read: async () => Promise.reject(new Error("The picture cannot be read any more.")), write: vi.fn() };
  render(<MaskEditor source={{ picture: "gone", use: "picture" }} onDone={vi.fn()} onClose={vi.fn()} codec={codec} />);
  expect((await screen.findByRole("alert")).textContent).toBe("The picture cannot be read any more.");
});
