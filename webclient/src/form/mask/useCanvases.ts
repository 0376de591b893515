import { useEffect, useRef } from "react";
import { type Area, joined, type Mask, wholeOf } from "../../lib/mask/mask";
import type { Pixels } from "../../lib/mask/pixels";
import type { MaskModel } from "./model";

/** A colour: red, green and blue. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Draws the picture on one canvas and the mask, in its colour, on another: of a stroke only what it changed. */
export function useCanvases(model: MaskModel, colour: Colour) {
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { pixels } = model;
    base.current?.getContext("2d")?.putImageData(opaque(pixels), 0, 0);
  }, [model]);
  useEffect(() => {
    const context = overlay.current?.getContext("2d");
    if (!context) return;
    let waiting: Area | undefined;
    let frame = 0;
    const draw = () => {
      frame = 0;
      if (waiting && waiting.right > waiting.left)
        context.putImageData(tinted(model.mask, waiting, colour), waiting.left, waiting.top);
      waiting = undefined;
    };
    const changed = (area: Area) => {
      if (area.right === 0) return;
      waiting = joined(waiting, area);
      frame ||= requestAnimationFrame(draw);
    };
    changed(wholeOf(model.mask));
    const stop = model.watch(changed);
    return () => {
      stop();
      cancelAnimationFrame(frame);
    };
  }, [model, colour]);
  return { base, overlay };
}

/** The picture without its transparency, which is the mask and drawn over it. */
function opaque({ width, height, data }: Pixels): ImageData {
  const image = new ImageData(width, height);
  image.data.set(data);
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
  return image;
}

function tinted({ width, data }: Mask, { left, top, right, bottom }: Area, [red, green, blue]: Colour): ImageData {
  const image = new ImageData(right - left, bottom - top);
  let to = 0;
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      image.data[to] = red;
      image.data[to + 1] = green;
      image.data[to + 2] = blue;
      image.data[to + 3] = data[y * width + x] ?? 0;
      to += 4;
    }
  return image;
}
