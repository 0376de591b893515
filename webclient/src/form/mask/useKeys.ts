import { type KeyboardEvent, useState } from "react";
import type { Point } from "../../lib/mask/mask";
import type { MaskModel } from "./model";
import type { Painter } from "./usePainter";
import type { Viewing } from "./useView";
import { moved } from "./view";

/** What an arrow key points to. */
const arrows: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/**
 * Keys on the stage: arrows lead the brush, Enter paints for as long as it is held, the space bar takes hold of the picture while the
 * mouse moves it.
 */
export function useKeys(model: MaskModel, viewing: Viewing, painter: Painter, brushSize: number) {
  const { pixels } = model;
  /** Where the brush is, in pixels of the picture; absent while nothing points at it. */
  const [cursor, setCursor] = useState<Point>();
  const [grabbing, setGrabbing] = useState(false);
  const [painting, setPainting] = useState(false);
  const at = cursor ?? { x: pixels.width / 2, y: pixels.height / 2 };

  const lead = ({ x, y }: Point, far: boolean) => {
    const step = Math.max(1, Math.round(far ? brushSize : brushSize / 4));
    const held = (value: number, most: number) => Math.min(most, Math.max(0, value));
    const to = { x: held(at.x + x * step, pixels.width), y: held(at.y + y * step, pixels.height) };
    if (painting) painter.dab(at, to);
    setCursor(to);
    // The brush is never led out of sight.
    viewing.change((view, stage) => {
      const shown = { x: view.x + to.x * view.scale, y: view.y + to.y * view.scale };
      const by = (point: number, room: number) => (point < 0 ? -point : Math.min(0, room - point));
      return moved(view, { x: by(shown.x, stage.width), y: by(shown.y, stage.height) }, stage, pixels);
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const arrow = arrows[event.key];
    if (arrow) lead(arrow, event.shiftKey);
    else if (event.key === " ") setGrabbing(true);
    else if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.key !== "Enter" || painting || painter.hand.state() !== "idle") return;
    setPainting(true);
    setCursor(at);
    painter.begin(false);
    painter.dab(at, at);
  };
  const lift = () => {
    setGrabbing(false);
    if (painting) model.end(true);
    setPainting(false);
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.key === " " || event.key === "Enter") lift();
  };
  return { cursor, setCursor, grabbing, keys: { onKeyDown, onKeyUp, onBlur: lift } };
}
