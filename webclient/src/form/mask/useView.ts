import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Point } from "../../lib/mask/mask";
import { fitted, type Size, type View, zoomed } from "./view";

/** Viewing is where the picture lies on the stage, as it is drawn and, for hands that are quicker than frames, as it is now. */
export interface Viewing {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly stage: Size;
  readonly view: View;
  readonly now: () => View;
  readonly change: (next: (view: View, stage: Size) => View) => void;
  /** Shows the whole picture again. */
  readonly fit: () => void;
  /** The point of the stage that a point of the window is. */
  readonly onStage: (at: { readonly clientX: number; readonly clientY: number }) => Point;
}

/** Keeps the view of a picture; the wheel changes it. */
export function useView(picture: Size): Viewing {
  const box = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Size>({ width: 1, height: 1 });
  const [chosen, setChosen] = useState<View>();
  const view = chosen ?? fitted(stage, picture);
  const latest = useRef({ view, stage });
  useLayoutEffect(() => {
    latest.current = { view, stage };
  });
  useLayoutEffect(() => {
    if (!box.current) return;
    // Measured before it is drawn for the first time: whoever is quick must not paint on a picture that is about to move.
    const { clientWidth, clientHeight } = box.current;
    if (clientWidth > 0) setStage({ width: clientWidth, height: clientHeight });
    const observer = new ResizeObserver(([entry]) => {
      const { width = 1, height = 1 } = entry?.contentRect ?? {};
      setStage({ width, height });
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const change = useCallback((next: (view: View, stage: Size) => View) => {
    const made = next(latest.current.view, latest.current.stage);
    latest.current = { ...latest.current, view: made };
    setChosen(made);
  }, []);
  const onStage = useCallback(({ clientX, clientY }: { clientX: number; clientY: number }) => {
    const { left, top } = box.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
    return { x: clientX - left, y: clientY - top };
  }, []);
  useEffect(() => {
    const shown = box.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const distance = event.deltaMode === 0 ? event.deltaY : event.deltaY * 30;
      const factor = Math.exp(-distance * (event.ctrlKey ? 0.01 : 0.002));
      change((view, stage) => zoomed(view, factor, onStage(event), stage, picture));
    };
    // React's own listener could not keep the page from scrolling.
    shown?.addEventListener("wheel", onWheel, { passive: false });
    return () => shown?.removeEventListener("wheel", onWheel);
  }, [change, onStage, picture]);

  const now = useCallback(() => latest.current.view, []);
  const fit = useCallback(() => setChosen(undefined), []);
  return { box, stage, view, now, change, fit, onStage };
}
