import { emptyState, type FeedEvent, type LiveState, reduce } from "./state";

/** LiveStore holds the live state and tells its subscribers of changes, at most once in `interval` milliseconds. */
export interface LiveStore {
  readonly get: () => LiveState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly apply: (event: FeedEvent) => void;
  readonly replace: (state: LiveState) => void;
}

export function createLiveStore(interval = 40): LiveStore {
  let state = emptyState;
  let shown = state;
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();

  const show = () => {
    timer = undefined;
    last = performance.now();
    shown = state;
    for (const listener of listeners) listener();
  };
  const change = (next: LiveState) => {
    if (next === state) return;
    state = next;
    if (timer !== undefined) return;
    const wait = last + interval - performance.now();
    if (wait <= 0) show();
    else timer = setTimeout(show, wait);
  };

  return {
    get: () => shown,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    apply: (event) => change(reduce(state, event)),
    // Names that calls told this tab stay: the state does not say them again.
    replace: (next) => change({ ...next, names: new Map([...state.names, ...next.names]) }),
  };
}
