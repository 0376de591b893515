/** Sides of a picture, in pixels. */
export interface Sides {
  readonly width: number;
  readonly height: number;
}

/** Limits of one side; `step` counts from `min`. */
export interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly step?: number | undefined;
}

/** Shapes that are asked for most. */
export const shapes = [
  { name: "1:1", x: 1, y: 1 },
  { name: "4:3", x: 4, y: 3 },
  { name: "3:2", x: 3, y: 2 },
  { name: "16:9", x: 16, y: 9 },
  { name: "3:4", x: 3, y: 4 },
  { name: "9:16", x: 9, y: 16 },
] as const;

/** Sides are rounded to multiples of this where the workflow asks for nothing coarser: models work on blocks. */
const block = 16;

/** The size of this shape with about the area of `like`, within the limits. */
export function sizeFor(
  { x, y }: { readonly x: number; readonly y: number },
  like: Sides,
  limits: { readonly width: Limits; readonly height: Limits },
): Sides {
  const unit = Math.sqrt((like.width * like.height) / (x * y));
  return { width: side(x * unit, limits.width), height: side(y * unit, limits.height) };
}

function side(wanted: number, { min = 1, max = Number.POSITIVE_INFINITY, step = 0 }: Limits): number {
  const grid = step > 0 ? Math.ceil(block / step) * step : block;
  const base = step > 0 ? min % step : 0;
  const rounded = base + Math.round((wanted - base) / grid) * grid;
  return Math.max(min, Math.min(max, rounded));
}
