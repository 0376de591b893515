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
  const subscribe = useCallback(
    (tick: () => void) => {
      const timer = setInterval(tick, Math.max(100, step / 4));
      return () => clearInterval(timer);
    },
    [step],
  );
  return useSyncExternalStore(subscribe, () => Math.floor(serverNow(store) / step) * step);
}
