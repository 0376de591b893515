import type { Api } from "../lib/transport";
import { follow } from "./feed";
import type { FromWorker, ToWorker } from "./protocol";
import { createRetryBell } from "./retry";
import type { LiveStore } from "./store";

/** LiveLink feeds a store. */
export interface LiveLink {
  /** Tries again now instead of after the pause. */
  readonly retry: () => void;
  readonly close: () => void;
}

/** Feeds the store from the browser's shared worker, or from a stream of this tab's own where there is none. */
export function connect(store: LiveStore, api: Api): LiveLink {
  const shared = typeof SharedWorker === "undefined" ? undefined : connectShared(store, api);
  const link = shared ?? connectAlone(store, api);
  // Whoever looks again should not have to wait for the end of a pause.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && link.retry());
  return link;
}

function connectShared(store: LiveStore, api: Api): LiveLink | undefined {
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(new URL("./shared.worker.ts", import.meta.url), { type: "module", name: "live" });
  } catch {
    return undefined;
  }
  const tell = (message: ToWorker) => worker.port.postMessage(message);
  let alone: LiveLink | undefined;
  // A worker script that cannot be loaded (an old page after an upgrade) must not leave the tab deaf.
  worker.onerror = () => {
    alone ??= connectAlone(store, api);
  };
  worker.port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === "state") store.replace(data.state);
    else store.apply(data.event);
  };
  const stop = new AbortController();
  addEventListener("pagehide", () => tell({ kind: "leave" }), { signal: stop.signal });
  // A page that comes back from the back/forward cache has missed everything since.
  addEventListener("pageshow", (event) => (event as PageTransitionEvent).persisted && tell({ kind: "join" }), {
    signal: stop.signal,
  });
  tell({ kind: "join" });
  return {
    retry: () => (alone ? alone.retry() : tell({ kind: "retry" })),
    close: () => {
      stop.abort();
      tell({ kind: "leave" });
      worker.port.close();
      alone?.close();
    },
  };
}

/** Feeds the store from a stream of this tab's own. */
export function connectAlone(store: LiveStore, api: Api): LiveLink {
  const stop = new AbortController();
  const bell = createRetryBell();
  addEventListener("online", bell.ring, { signal: stop.signal });
  void follow({
    api,
    emit: store.apply,
    revision: () => store.get().revision,
    retry: bell.wait,
    signal: stop.signal,
  });
  return { retry: bell.ring, close: () => stop.abort() };
}
