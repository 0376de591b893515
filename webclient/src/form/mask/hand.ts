import type { Point } from "../../lib/mask/mask";

/** Touch is what a pointer says: where it is on the stage, and how it got there. */
export interface Touch extends Point {
  readonly id: number;
  readonly kind: "mouse" | "pen" | "touch";
  /** How hard a pen is pressed, from 0 to 1. */
  readonly pressure: number;
  /** It takes hold of the picture instead of painting: the middle button, or a key that is held. */
  readonly grabs?: boolean;
  /** It erases, whatever is chosen: the other end of a pen, or the right button. */
  readonly erases?: boolean;
}

/** Easel is what a hand does to the picture. Points are of the stage. */
export interface Easel {
  readonly begin: (erases: boolean) => void;
  readonly stroke: (from: Point, to: Point, pressure: number) => void;
  /** Ends the stroke; one that is not kept was none. */
  readonly end: (keep: boolean) => void;
  readonly pan: (by: Point) => void;
  readonly pinch: (factor: number, at: Point, to: Point) => void;
}

/** Hand tells strokes from moving and pinching. */
export interface Hand {
  readonly down: (touch: Touch) => void;
  readonly move: (touch: Touch) => void;
  readonly up: (touch: Pick<Touch, "id">) => void;
  /** Everything is let go, and what was begun is not kept. */
  readonly cancel: () => void;
  readonly state: () => "idle" | "painting" | "grabbing" | "pinching";
}

/**
 * One finger, pen or mouse paints. A second finger makes both of them pinch and move, and what the first had painted meanwhile goes
 * away: two fingers never come down at once. While a pen paints, the palm beside it does nothing.
 */
export function createHand(easel: Easel): Hand {
  const down = new Map<number, Touch>();
  let state: ReturnType<Hand["state"]> = "idle";
  let painter = 0;

  const middle = ([a, b]: readonly Touch[]) => ({
    x: ((a?.x ?? 0) + (b?.x ?? 0)) / 2,
    y: ((a?.y ?? 0) + (b?.y ?? 0)) / 2,
  });
  const apart = ([a, b]: readonly Touch[]) =>
    Math.max(1, Math.hypot((a?.x ?? 0) - (b?.x ?? 0), (a?.y ?? 0) - (b?.y ?? 0)));
  const begin = (touch: Touch) => {
    state = touch.grabs ? "grabbing" : "painting";
    painter = touch.id;
    if (touch.grabs) return;
    easel.begin(touch.erases ?? false);
    easel.stroke(touch, touch, pressureOf(touch));
  };

  return {
    down: (touch) => {
      const held = [...down.values()];
      if (held.some(({ kind }) => kind !== "touch") || held.length >= 2) return;
      // A pen outdoes the palm that came down before it.
      if (touch.kind !== "touch" && held.length > 0) {
        if (state === "painting") easel.end(false);
        down.clear();
      }
      down.set(touch.id, touch);
      if (down.size === 1) return begin(touch);
      if (state === "painting") easel.end(false);
      state = "pinching";
    },
    move: (touch) => {
      const before = down.get(touch.id);
      if (!before) return;
      if (state === "pinching") {
        const then = [...down.values()];
        down.set(touch.id, touch);
        const now = [...down.values()];
        if (now.length === 2) easel.pinch(apart(now) / apart(then), middle(then), middle(now));
        return;
      }
      down.set(touch.id, touch);
      if (touch.id !== painter) return;
      if (state === "grabbing") easel.pan({ x: touch.x - before.x, y: touch.y - before.y });
      if (state === "painting") easel.stroke(before, touch, pressureOf(touch));
    },
    up: ({ id }) => {
      if (!down.delete(id)) return;
      if (state === "painting" && id === painter) easel.end(true);
      // The finger that stays after a pinch paints nothing.
      if (state !== "pinching" || down.size === 0) state = "idle";
    },
    cancel: () => {
      if (state === "painting") easel.end(false);
      down.clear();
      state = "idle";
    },
    state: () => state,
  };
}

/** A mouse and a finger have no pressure to speak of. */
function pressureOf({ kind, pressure }: Touch): number {
  return kind === "pen" && pressure > 0 ? pressure : 1;
}
