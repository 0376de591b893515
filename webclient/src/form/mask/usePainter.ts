import { useLayoutEffect, useMemo, useRef } from "react";
import type { Point } from "../../lib/mask/mask";
import { createHand, type Hand } from "./hand";
import type { MaskModel } from "./model";
import type { Viewing } from "./useView";
import { moved, toPicture, zoomed } from "./view";

/** Brush is what paints. */
export interface Brush {
  /** Diameter in pixels of the picture. */
  readonly size: number;
  readonly erases: boolean;
}

/** Painter paints with the brush that is chosen. */
export interface Painter {
  readonly hand: Hand;
  readonly begin: (erases: boolean) => void;
  /** Paints between two points of the picture. */
  readonly dab: (from: Point, to: Point, pressure?: number) => void;
}

/** Joins the hand to the mask: its strokes are in pixels of the picture, whatever the scale of the screen. */
export function usePainter(model: MaskModel, brush: Brush, { now, change }: Viewing): Painter {
  const chosen = useRef(brush);
  useLayoutEffect(() => {
    chosen.current = brush;
  });
  return useMemo(() => {
    let erases = false;
    const begin = (otherEnd: boolean) => {
      erases = otherEnd || chosen.current.erases;
      model.begin();
    };
    const dab = (from: Point, to: Point, pressure = 1) =>
      model.paint({ from, to, radius: Math.max(0.5, (chosen.current.size / 2) * pressure), erases });
    const hand = createHand({
      begin,
      stroke: (from, to, pressure) => dab(toPicture(now(), from), toPicture(now(), to), pressure),
      end: model.end,
      pan: (by) => change((view, stage) => moved(view, by, stage, model.pixels)),
      pinch: (factor, at, to) => change((view, stage) => zoomed(view, factor, at, stage, model.pixels, to)),
    });
    return { hand, begin, dab };
  }, [model, now, change]);
}
