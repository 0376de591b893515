import { expect, it } from "vitest";
import { createHand, type Touch } from "./hand";
import { fitted, moved, toPicture, zoomed } from "./view";

/** A hand, and what it does to the picture, in words. */
function setUp() {
  const done: string[] = [];
  const round = ({ x, y }: { x: number; y: number }) => `${Math.round(x)},${Math.round(y)}`;
  const hand = createHand({
    begin: (erases) => done.push(erases ? "erase" : "begin"),
    stroke: (from, to, pressure) => done.push(`${round(from)}-${round(to)}${pressure === 1 ? "" : ` at ${pressure}`}`),
    end: (keep) => done.push(keep ? "kept" : "dropped"),
    pan: (by) => done.push(`pan ${round(by)}`),
    pinch: (factor, at, to) => done.push(`pinch ${factor.toFixed(1)} ${round(at)}>${round(to)}`),
  });
  return { hand, done };
}

const touch = (id: number, x: number, y: number, more: Partial<Touch> = {}): Touch => ({
  id,
  x,
  y,
  kind: "touch",
  pressure: 0.5,
  ...more,
});

it("paints from where a finger comes down to where it leaves, a dot if it does not move", () => {
  const { hand, done } = setUp();
  hand.down(touch(1, 5, 5));
  hand.move(touch(1, 9, 5));
  hand.up({ id: 1 });
  hand.move(touch(1, 50, 50));
  expect(done).toEqual(["begin", "5,5-5,5", "5,5-9,5", "kept"]);
});

it("takes back what the first of two fingers painted, and pinches", () => {
  const { hand, done } = setUp();
  hand.down(touch(1, 100, 100));
  hand.move(touch(1, 100, 104));
  hand.down(touch(2, 200, 104));
  hand.move(touch(2, 300, 104));
  hand.up({ id: 2 });
  hand.move(touch(1, 0, 0));
  hand.up({ id: 1 });
  expect(done).toEqual(["begin", "100,100-100,100", "100,100-100,104", "dropped", "pinch 2.0 150,104>200,104"]);
  hand.down(touch(3, 1, 1));
  expect(done.at(-1)).toBe("1,1-1,1");
});

it("lets a pen paint by its pressure, and heeds no palm beside it or before it", () => {
  const { hand, done } = setUp();
  hand.down(touch(1, 0, 0));
  hand.down(touch(9, 10, 10, { kind: "pen", pressure: 0.25 }));
  hand.down(touch(2, 70, 70));
  hand.move(touch(2, 80, 80));
  hand.up({ id: 9 });
  expect(done).toEqual(["begin", "0,0-0,0", "dropped", "begin", "10,10-10,10 at 0.25", "kept"]);
});

it("moves the picture by a grab, erases by the other end of a pen, and keeps nothing that is cancelled", () => {
  const { hand, done } = setUp();
  hand.down(touch(1, 0, 0, { kind: "mouse", grabs: true }));
  hand.move(touch(1, 5, 7, { kind: "mouse" }));
  hand.up({ id: 1 });
  hand.down(touch(1, 0, 0, { kind: "pen", pressure: 1, erases: true }));
  hand.cancel();
  expect(done).toEqual(["pan 5,7", "erase", "0,0-0,0", "dropped"]);
  expect(hand.state()).toBe("idle");
});

const stage = { width: 400, height: 300 };
const picture = { width: 2000, height: 1000 };

it("shows the whole picture in the middle, and a small one larger", () => {
  const view = fitted(stage, picture);
  expect(view.x).toBeCloseTo(16);
  expect(view.y + (picture.height * view.scale) / 2).toBeCloseTo(150);
  expect(fitted(stage, { width: 10, height: 10 }).scale).toBe(8);
});

it("keeps what is below the pointer there while it zooms, and never loses the picture", () => {
  let view = fitted(stage, picture);
  const at = { x: 120, y: 90 };
  const before = toPicture(view, at);
  view = zoomed(view, 3, at, stage, picture);
  expect(toPicture(view, at).x).toBeCloseTo(before.x);
  expect(toPicture(view, at).y).toBeCloseTo(before.y);
  const far = moved(view, { x: 1e6, y: -1e6 }, stage, picture);
  expect(far.x).toBeLessThan(stage.width);
  expect(far.y + picture.height * far.scale).toBeGreaterThan(0);
  expect(zoomed(view, 1e9, at, stage, picture).scale).toBe(32);
});
