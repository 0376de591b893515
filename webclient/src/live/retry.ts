/** RetryBell lets the page cut a reconnect pause short. */
export interface RetryBell {
  /** Resolves at the next ring or when the signal aborts. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
  readonly ring: () => void;
}

export function createRetryBell(): RetryBell {
  const target = new EventTarget();
  return {
    wait: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        target.addEventListener("ring", () => resolve(), { once: true, signal });
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    ring: () => target.dispatchEvent(new Event("ring")),
  };
}
