import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

/** Moves the rows of a list by a handle: dragged with mouse or finger, or by the arrow keys while the handle has the focus. */
export function useReorder(count: number, onMove: (from: number, to: number) => void) {
  const list = useRef<HTMLUListElement>(null);
  const [dragged, setDragged] = useState<number>();

  const over = (y: number): number => {
    const rows = [...(list.current?.children ?? [])].slice(0, count);
    const at = rows.findIndex((row) => y < row.getBoundingClientRect().bottom);
    return at < 0 ? count - 1 : at;
  };
  const handle = (index: number) => ({
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      setDragged(index);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (dragged === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
      const to = over(event.clientY);
      if (to === dragged) return;
      onMove(dragged, to);
      setDragged(to);
    },
    onPointerUp: () => setDragged(undefined),
    onPointerCancel: () => setDragged(undefined),
    onKeyDown: (event: KeyboardEvent) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const to = index + step;
      if (to >= 0 && to < count) onMove(index, to);
    },
  });
  return { list, dragged, handle };
}
