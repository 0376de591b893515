/** A rectangle of whole pixels; `right` and `bottom` are the first that are no longer in it. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A point of the picture, in its own pixels: 0, 0 is the corner of the first pixel, 0.5, 0.5 its middle. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Mask tells of each pixel of a picture how much of it is masked: 0 not at all, 255 wholly. It knows nothing of screens. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Makes a mask of nothing. */
export function emptyMask(width: number, height: number): Mask {
  return { width, height, data: new Uint8Array(width * height) };
}

/** All of the mask. */
export function wholeOf({ width, height }: Mask): Area {
  return { left: 0, top: 0, right: width, bottom: height };
}

/** Whether nothing is masked. */
export function isEmpty({ data }: Mask): boolean {
  return data.every((value) => value === 0);
}

/** Both areas and what lies between them. */
export function joined(a: Area | undefined, b: Area | undefined): Area | undefined {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** Masks what was not, and the reverse. */
export function invert({ data }: Mask): void {
  for (let i = 0; i < data.length; i++) data[i] = 255 - (data[i] ?? 0);
}

/** Dab is a part of a stroke: a round brush that goes from one point to another. */
export interface Dab {
  readonly from: Point;
  readonly to: Point;
  /** In pixels of the picture. */
  readonly radius: number;
  /** Takes away instead of adding. */
  readonly erases: boolean;
}

/**
 * Paints a part of a stroke; its edge is one pixel soft. Painting the same again changes nothing, so a stroke that crosses
 * itself is as strong as one that does not. Returns what may have changed.
 */
export function paint({ width, height, data }: Mask, { from, to, radius, erases }: Dab): Area | undefined {
  const reach = Math.max(radius, 0.5) + 0.5;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(from.y, to.y) + reach));
  if (left >= right || top >= bottom) return undefined;
  const [alongX, alongY] = [to.x - from.x, to.y - from.y];
  const length = alongX * alongX + alongY * alongY;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [offX, offY] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const share = length === 0 ? 0 : Math.min(1, Math.max(0, (offX * alongX + offY * alongY) / length));
      const distance = Math.hypot(offX - share * alongX, offY - share * alongY);
      const covered = Math.round(255 * Math.min(1, Math.max(0, reach - distance)));
      if (covered === 0) continue;
      const at = y * width + x;
      const now = data[at] ?? 0;
      data[at] = erases ? Math.min(now, 255 - covered) : Math.max(now, covered);
    }
  }
  return { left, top, right, bottom };
}
