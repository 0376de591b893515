import { type PointerEvent, type Ref, useEffect, useImperativeHandle } from "react";
import type { Touch } from "./hand";
import type { MaskModel } from "./model";
import { type Colour, useCanvases } from "./useCanvases";
import { useKeys } from "./useKeys";
import { type Brush, usePainter } from "./usePainter";
import { useView } from "./useView";
import { toPicture, zoomed } from "./view";

/** StageHandle is what the buttons beside the stage ask of it. */
export interface StageHandle {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
}

/** StageProps are the picture with the mask over it. */
export interface StageProps {
  readonly model: MaskModel;
  readonly brush: Brush;
  readonly colour: Colour;
  /** How much of the picture the mask hides, from 0 to 1. */
  readonly opacity: number;
  /** The element that says how to paint by keys. */
  readonly describedBy: string;
  /** Shows the brush in the middle while nothing points at the picture: its size is being chosen. */
  readonly sizing: boolean;
  readonly handle: Ref<StageHandle>;
  readonly onScale: (scale: number) => void;
}

/** The picture, the mask over it, and the brush. */
export function Stage({ model, brush, colour, opacity, describedBy, sizing, handle, onScale }: StageProps) {
  const picture = model.pixels;
  const { base, overlay } = useCanvases(model, colour);
  const viewing = useView(picture);
  const { box, stage, view, now, change, fit, onStage } = viewing;
  const painter = usePainter(model, brush, viewing);
  const { hand } = painter;
  const { cursor, setCursor, grabbing, keys } = useKeys(model, viewing, painter, brush.size);
  useEffect(() => onScale(view.scale), [onScale, view.scale]);
  useImperativeHandle(handle, () => ({
    zoom: (factor) =>
      change((shown, size) => zoomed(shown, factor, { x: size.width / 2, y: size.height / 2 }, size, picture)),
    fit,
  }));

  const touchOf = (event: PointerEvent | globalThis.PointerEvent): Touch => {
    const kind = event.pointerType === "pen" || event.pointerType === "touch" ? event.pointerType : "mouse";
    return {
      ...onStage(event),
      id: event.pointerId,
      kind,
      pressure: event.pressure,
      grabs: kind === "mouse" && (grabbing || event.button === 1),
      erases: event.button === 2 || event.button === 5,
    };
  };
  const point = (event: PointerEvent) => setCursor(toPicture(now(), onStage(event)));
  const pointer = {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      event.preventDefault();
      event.currentTarget.focus();
      event.currentTarget.setPointerCapture?.(event.pointerId);
      point(event);
      hand.down(touchOf(event));
    },
    onPointerMove: (event: PointerEvent) => {
      // A quick hand makes more points than there are frames.
      const all = event.nativeEvent.getCoalescedEvents?.() ?? [];
      for (const one of all.length > 0 ? all : [event]) hand.move(touchOf(one));
      point(event);
    },
    onPointerUp: (event: PointerEvent) => {
      hand.up({ id: event.pointerId });
      if (event.pointerType === "touch") setCursor(undefined);
    },
    onPointerCancel: hand.cancel,
    onPointerLeave: () => hand.state() === "idle" && setCursor(undefined),
    onContextMenu: (event: { preventDefault: () => void }) => event.preventDefault(),
  };

  const across = brush.size * view.scale;
  const brushAt = cursor
    ? { x: view.x + cursor.x * view.scale, y: view.y + cursor.y * view.scale }
    : sizing && { x: stage.width / 2, y: stage.height / 2 };
  return (
    <div
      ref={box}
      role="application"
      aria-label="Picture to paint on"
      aria-describedby={describedBy}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys and Enter paint here
      tabIndex={0}
      {...pointer}
      {...keys}
      className={`mask-stage ${grabbing ? "cursor-grab active:cursor-grabbing" : "cursor-none"}`}
    >
      <div
        style={{
          width: picture.width,
          height: picture.height,
          transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
          imageRendering: view.scale > 3 ? "pixelated" : "auto",
        }}
        className="absolute top-0 left-0 origin-top-left shadow-float"
      >
        <canvas ref={base} width={picture.width} height={picture.height} className="absolute inset-0" />
        <canvas
          ref={overlay}
          width={picture.width}
          height={picture.height}
          style={{ opacity }}
          className="absolute inset-0"
        />
      </div>
      {brushAt && !grabbing && (
        <span
          style={{
            width: across,
            height: across,
            transform: `translate(${brushAt.x - across / 2}px, ${brushAt.y - across / 2}px)`,
          }}
          className={`mask-brush ${brush.erases ? "border-dashed" : ""}`}
        />
      )}
    </div>
  );
}
