import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";

/**
 * Moves the rows of a list by a handle: dragged with mouse or finger, or by the arrow keys while the handle has the focus.
 * Handles carry `data-handle`.
 */
export function useReorder(count: number, onMove: (from: number, to: number) => void) {
  const list = useRef<HTMLUListElement>(null);
  const [dragged, setDragged] = useState<number>();
  const latest = useRef({ count, onMove, dragged });
  useEffect(() => {
    latest.current = { count, onMove, dragged };
  });

  // A row that is moved in the page loses focus and captured pointers: the window is listened to, and the focus is given back.
  const focusNext = useRef<number>(undefined);
  useEffect(() => {
    if (focusNext.current === undefined) return;
    const row = list.current?.children[focusNext.current];
    focusNext.current = undefined;
    row?.querySelector<HTMLElement>("[data-handle]")?.focus();
  });

  const dragging = dragged !== undefined;
  useEffect(() => {
    if (!dragging) return;
    const stop = new AbortController();
    const { signal } = stop;
    const move = (event: globalThis.PointerEvent) => {
      const { count, onMove, dragged: from } = latest.current;
      const to = rowAt(list.current, event.clientY, count);
      if (from === undefined || to === from) return;
      latest.current.dragged = to;
      onMove(from, to);
      setDragged(to);
    };
    addEventListener("pointermove", move, { signal });
    for (const end of ["pointerup", "pointercancel", "blur"])
      addEventListener(end, () => setDragged(undefined), { signal });
    return () => stop.abort();
  }, [dragging]);

  const handle = (index: number) => ({
    "data-handle": true,
    onPointerDown: (event: PointerEvent<HTMLElement>) => event.button === 0 && setDragged(index),
    onKeyDown: (event: KeyboardEvent) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const to = index + step;
      if (to < 0 || to >= count) return;
      focusNext.current = to;
      onMove(index, to);
    },
  });
  return { list, dragged, handle };
}

/** The row at a height of the window; above and below all rows the first and the last. */
function rowAt(list: HTMLElement | null, y: number, count: number): number {
  const rows = [...(list?.children ?? [])].slice(0, count);
  const at = rows.findIndex((row) => y < row.getBoundingClientRect().bottom);
  return at < 0 ? count - 1 : at;
}
