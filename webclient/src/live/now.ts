import { useCallback, useSyncExternalStore } from "react";
import { useLiveContext } from "./LiveContext";
import type { LiveStore } from "./store";

/** The server's time in milliseconds since the Unix epoch. */
export function serverNow(store: LiveStore): number {
  return Date.now() + (store.get().clock?.offset ?? 0);
}

/** The server's time, rounded down to `step` milliseconds and renewed that often. */
export function useNow(step = 1_000): number {
  const { store } = useLiveContext();
  const subscribe = useCallback((tick: () => void) => onTick(Math.max(100, step / 4), tick), [step]);
  return useSyncExternalStore(subscribe, () => Math.floor(serverNow(store) / step) * step);
}

/** One timer for all that want the same beat: every row of a table shows the time. */
const beats = new Map<number, { readonly ticks: Set<() => void>; readonly timer: ReturnType<typeof setInterval> }>();

function onTick(interval: number, tick: () => void): () => void {
  let beat = beats.get(interval);
  if (!beat) {
    const ticks = new Set<() => void>();
    const beatAll = () => {
      for (const each of ticks) each();
    };
    beat = { ticks, timer: setInterval(beatAll, interval) };
    beats.set(interval, beat);
  }
  const { ticks, timer } = beat;
  ticks.add(tick);
  return () => {
    ticks.delete(tick);
    if (ticks.size > 0) return;
    clearInterval(timer);
    beats.delete(interval);
  };
}
