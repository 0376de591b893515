/** FeedControls let the page steer its feed. */
export interface FeedControls {
  /** Cuts a pause short. */
  readonly retry: () => void;
  /** Connects anew: the browser's user has changed. */
  readonly renew: () => void;
  /** Resolves at the next call of either, or when the signal aborts. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
  /** Aborts at the next renewal. */
  readonly renewal: () => AbortSignal;
}

export function createControls(): FeedControls {
  const target = new EventTarget();
  const ring = () => void target.dispatchEvent(new Event("ring"));
  let current = new AbortController();
  return {
    retry: ring,
    renew: () => {
      current.abort();
      current = new AbortController();
      ring();
    },
    wait: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        target.addEventListener("ring", () => resolve(), { once: true, signal });
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
    renewal: () => current.signal,
  };
}
