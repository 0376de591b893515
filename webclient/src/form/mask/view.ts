import type { Point } from "../../lib/mask/mask";

/** View is where on the stage the picture lies: its corner, and how large one of its pixels is shown. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Size in pixels of the screen or of the picture. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Largest scale: single pixels can be told apart and hit with a finger. */
const closest = 32;
/** Room that is left around the whole picture. */
const margin = 16;
/** So much of the picture, in pixels of the stage, is never moved out of sight. */
const kept = 48;

/** The whole picture in the middle of the stage; a small one is not blown up beyond recognition. */
export function fitted(stage: Size, picture: Size): View {
  const room = (side: number) => Math.max(1, side - 2 * margin);
  const scale = Math.min(room(stage.width) / picture.width, room(stage.height) / picture.height, 8);
  return {
    scale,
    x: (stage.width - picture.width * scale) / 2,
    y: (stage.height - picture.height * scale) / 2,
  };
}

/** Makes the picture larger or smaller; what is at `at` of the stage stays there, or goes to `to`. */
export function zoomed(view: View, factor: number, at: Point, stage: Size, picture: Size, to = at): View {
  const least = Math.min(fitted(stage, picture).scale, 1) / 2;
  const scale = Math.min(closest, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  return within({ scale, x: to.x - (at.x - view.x) * ratio, y: to.y - (at.y - view.y) * ratio }, stage, picture);
}

/** Moves the picture. */
export function moved(view: View, by: Point, stage: Size, picture: Size): View {
  return within({ ...view, x: view.x + by.x, y: view.y + by.y }, stage, picture);
}

/** The point of the picture that is at this point of the stage. */
export function toPicture({ x, y, scale }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / scale };
}

function within({ x, y, scale }: View, stage: Size, picture: Size): View {
  const held = (at: number, room: number, side: number) => Math.min(room - kept, Math.max(kept - side * scale, at));
  return { scale, x: held(x, stage.width, picture.width), y: held(y, stage.height, picture.height) };
}
