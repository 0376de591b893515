import { decode, encode } from "fast-png";
import { expect, it } from "vitest";
import { changeAll, createHistory } from "./history";
import { emptyMask, invert, isEmpty, type Mask, paint } from "./mask";
import { maskOf, maskPng, readPng, resized } from "./pixels";

const at = (x: number, y: number) => ({ x, y });
const stroke = (from: { x: number; y: number }, to = from, radius = 3, erases = false) => ({
  from,
  to,
  radius,
  erases,
});
const value = (mask: Mask, x: number, y: number) => mask.data[y * mask.width + x];

/** What a brush covers, worked out pixel by pixel from what a circle is. */
function disc(width: number, height: number, x: number, y: number, radius: number): number[] {
  return Array.from({ length: width * height }, (_, i) => {
    const distance = Math.hypot((i % width) + 0.5 - x, Math.floor(i / width) + 0.5 - y);
    return Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - distance)));
  });
}

it("paints a round brush whose edge is a pixel soft", () => {
  const mask = emptyMask(12, 9);
  paint(mask, stroke(at(5.5, 4.5)));
  expect([...mask.data]).toEqual(disc(12, 9, 5.5, 4.5, 3));
  expect(value(mask, 5, 4)).toBe(255);
});

it("paints a line without gaps, and nothing twice", () => {
  const mask = emptyMask(40, 11);
  expect(paint(mask, stroke(at(5, 5.5), at(35, 5.5), 2))).toEqual({ left: 2, top: 3, right: 38, bottom: 8 });
  for (let x = 5; x < 35; x++) expect(value(mask, x, 5)).toBe(255);
  const once = [...mask.data];
  paint(mask, stroke(at(5, 5.5), at(35, 5.5), 2));
  expect([...mask.data]).toEqual(once);
});

it("paints beyond the edges of the picture without going round them", () => {
  const mask = emptyMask(8, 8);
  paint(mask, stroke(at(-4, 4), at(1, 4), 2));
  expect(value(mask, 0, 4)).toBe(255);
  expect(value(mask, 7, 3)).toBe(0);
  expect(paint(mask, stroke(at(-40, -40)))).toBeUndefined();
});

it("erases what was painted", () => {
  const mask = emptyMask(9, 9);
  paint(mask, stroke(at(4.5, 4.5), undefined, 4));
  paint(mask, stroke(at(4.5, 4.5), undefined, 5, true));
  expect(isEmpty(mask)).toBe(true);
});

it("takes strokes back one by one, does them again, and forgets what was undone when something new is painted", () => {
  const mask = emptyMask(16, 16);
  const history = createHistory(mask);
  const draw = (x: number) => {
    history.begin();
    history.changed(paint(mask, stroke(at(x, 4), at(x, 6), 2)));
    history.changed(paint(mask, stroke(at(x, 6), at(x, 12), 2)));
    history.end();
    return [...mask.data];
  };
  const one = draw(3);
  const two = draw(12);
  history.undo();
  expect([...mask.data]).toEqual(one);
  history.undo();
  expect(isEmpty(mask)).toBe(true);
  expect(history.undo()).toBeUndefined();
  history.redo();
  history.redo();
  expect([...mask.data]).toEqual(two);
  history.undo();
  draw(8);
  expect(history.canRedo()).toBe(false);
});

it("leaves nothing of a stroke that turned out to be none, and keeps no step that changed nothing", () => {
  const mask = emptyMask(8, 8);
  const history = createHistory(mask);
  history.begin();
  history.changed(paint(mask, stroke(at(4, 4))));
  expect(history.end(false)).toBeDefined();
  expect(isEmpty(mask)).toBe(true);
  history.begin();
  history.changed(paint(mask, stroke(at(4, 4), undefined, 3, true)));
  history.end();
  expect(history.canUndo()).toBe(false);
});

it("inverts in one step, and forgets the oldest steps when they take too much", () => {
  const mask = emptyMask(8, 8);
  const history = createHistory(mask, 130);
  for (let time = 0; time < 3; time++) changeAll(mask, history, invert);
  expect(value(mask, 0, 0)).toBe(255);
  history.undo();
  history.undo();
  expect(history.canUndo()).toBe(false);
  expect(value(mask, 0, 0)).toBe(255);
});

/** A picture in which no two channels of neighbours are the same. */
function picture(width: number, height: number) {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * 37) % 256)),
  };
}

it("keeps every colour below every value of the mask", () => {
  const from = picture(16, 16);
  const mask = { width: 16, height: 16, data: Uint8Array.from({ length: 256 }, (_, i) => i) };
  const made = decode(maskPng(from, mask, "picture"));
  expect([made.width, made.height, made.channels, made.depth]).toEqual([16, 16, 4, 8]);
  expect([...made.data]).toEqual([...from.data].map((byte, i) => (i % 4 === 3 ? 255 - (i - 3) / 4 : byte)));
});

it("makes a mask that every channel tells", () => {
  const mask = { width: 2, height: 1, data: Uint8Array.of(255, 40) };
  expect([...decode(maskPng(picture(2, 1), mask, "mask")).data]).toEqual([255, 255, 255, 0, 40, 40, 40, 215]);
});

it("finds again what was painted, with the colours below it", () => {
  const from = picture(8, 8);
  const mask = emptyMask(8, 8);
  paint(mask, stroke(at(4, 4)));
  for (const use of ["picture", "mask"] as const) {
    const read = readPng(maskPng(from, mask, use));
    expect(read && maskOf(read, use)).toEqual(mask);
    expect(use === "mask" || read?.data[1]).toBe(use === "mask" || from.data[1]);
  }
});

it("takes the white of a mask without transparent parts, and leaves other files to the browser", () => {
  const white = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 255);
  expect([...maskOf({ width: 2, height: 1, data: white }, "mask").data]).toEqual([255, 0]);
  expect([...maskOf({ width: 2, height: 1, data: white }, "picture").data]).toEqual([0, 0]);
  expect(readPng(encode({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3), channels: 3 }))).toBeUndefined();
  expect(readPng(Uint8Array.of(0xff, 0xd8, 0xff))).toBeUndefined();
  expect([...resized({ width: 2, height: 1, data: Uint8Array.of(9, 200) }, 4, 2).data]).toEqual([
    9, 9, 200, 200, 9, 9, 200, 200,
  ]);
});
