import { type Area, joined, type Mask, wholeOf } from "./mask";

/** What one change has overwritten. */
interface Patch {
  readonly area: Area;
  readonly pixels: Uint8Array;
}

/** Bytes that the steps back may take in all; the oldest go first. */
const most = 256 << 20;

/** MaskHistory lets changes of a mask be taken back, one stroke at a time. */
export interface MaskHistory {
  /** A change begins: what `changed` tells of until `end` is one step. */
  readonly begin: () => void;
  readonly changed: (area: Area | undefined) => void;
  /** Ends it; `keep: false` takes it back as if it had never begun. Returns what that has altered. */
  readonly end: (keep?: boolean) => Area | undefined;
  /** Takes the last change back, or does it again. Returns what that has altered. */
  readonly undo: () => Area | undefined;
  readonly redo: () => Area | undefined;
  readonly canUndo: () => boolean;
  readonly canRedo: () => boolean;
}

export function createHistory(mask: Mask, bytes = most): MaskHistory {
  const [back, forth]: [Patch[], Patch[]] = [[], []];
  let before: Uint8Array | undefined;
  let touched: Area | undefined;

  const swap = (from: Patch[], to: Patch[]) => {
    const patch = from.pop();
    if (!patch) return undefined;
    to.push(cut(mask, mask.data, patch.area));
    put(mask, patch);
    return patch.area;
  };
  const forget = () => {
    let kept = back.reduce((sum, { pixels }) => sum + pixels.length, 0);
    while (kept > bytes && back.length > 1) kept -= back.shift()?.pixels.length ?? 0;
  };
  return {
    begin: () => {
      before = mask.data.slice();
      touched = undefined;
    },
    changed: (area) => {
      touched = joined(touched, area);
    },
    end: (keep = true) => {
      const patch = before && touched && cut(mask, before, touched);
      before = undefined;
      if (!patch) return undefined;
      if (!keep) {
        put(mask, patch);
        return patch.area;
      }
      if (!differs(mask, patch)) return undefined;
      back.push(patch);
      forth.length = 0;
      forget();
      return undefined;
    },
    undo: () => swap(back, forth),
    redo: () => swap(forth, back),
    canUndo: () => back.length > 0,
    canRedo: () => forth.length > 0,
  };
}

/** Makes one step of a change to all of a mask. */
export function changeAll(mask: Mask, history: MaskHistory, change: (mask: Mask) => void): Area {
  history.begin();
  change(mask);
  history.changed(wholeOf(mask));
  history.end();
  return wholeOf(mask);
}

function cut({ width }: Mask, data: Uint8Array, area: Area): Patch {
  const across = area.right - area.left;
  const pixels = new Uint8Array(across * (area.bottom - area.top));
  for (let y = area.top; y < area.bottom; y++)
    pixels.set(data.subarray(y * width + area.left, y * width + area.right), (y - area.top) * across);
  return { area, pixels };
}

function put({ width, data }: Mask, { area, pixels }: Patch): void {
  const across = area.right - area.left;
  for (let y = area.top; y < area.bottom; y++) {
    const from = (y - area.top) * across;
    data.set(pixels.subarray(from, from + across), y * width + area.left);
  }
}

function differs(mask: Mask, { area, pixels }: Patch): boolean {
  const now = cut(mask, mask.data, area).pixels;
  return pixels.some((value, index) => value !== now[index]);
}
