import { useEffect, useRef, useState } from "react";
import { useLiveContext } from "./LiveContext";
import type { LiveState } from "./state";

/**
 * A part of the live state for what is costly to draw: the first change comes through at once, those that follow closely
 * are gathered for `interval` milliseconds. `select` must keep its identity.
 */
export function useLiveEvery<T>(select: (state: LiveState) => T, interval: number): T {
  const { store } = useLiveContext();
  const [value, setValue] = useState(() => select(store.get()));
  const last = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      last.current = performance.now();
      setValue(() => select(store.get()));
    };
    const shown = () => {
      if (timer !== undefined) return;
      const wait = last.current + interval - performance.now();
      if (wait <= 0) show();
      else timer = setTimeout(show, wait);
    };
    // What changed between the first drawing and now.
    shown();
    const leave = store.subscribe(shown);
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [store, select, interval]);
  return value;
}
