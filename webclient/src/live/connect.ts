import type { Api } from "../lib/transport";
import { createControls } from "./controls";
import { follow } from "./feed";
import { recall, remember } from "./memory";
import type { FromWorker, ToWorker } from "./protocol";
import type { LiveStore } from "./store";

/** LiveLink feeds a store. */
export interface LiveLink {
  /** Tries again now instead of after the pause. */
  readonly retry: () => void;
  /** Connects anew, because the browser's user has changed. */
  readonly renew: () => void;
  readonly close: () => void;
}

/** Feeds the store from the browser's shared worker, or from a stream of this tab's own where there is none. */
export function connect(store: LiveStore, api: Api): LiveLink {
  const shared = typeof SharedWorker === "undefined" ? undefined : connectShared(store, api);
  const link = shared ?? connectAlone(store, api);
  rememberUser(store);
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
  const join = () => tell({ kind: "join", known: recall() !== undefined });
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
  addEventListener("pageshow", (event) => (event as PageTransitionEvent).persisted && join(), { signal: stop.signal });
  join();
  return {
    retry: () => (alone ? alone.retry() : tell({ kind: "retry" })),
    renew: () => (alone ? alone.renew() : tell({ kind: "renew" })),
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
  const controls = createControls();
  addEventListener("online", controls.retry, { signal: stop.signal });
  void follow({
    api,
    emit: store.apply,
    revision: () => store.get().revision,
    known: recall() !== undefined,
    controls,
    signal: stop.signal,
  });
  return { retry: controls.retry, renew: controls.renew, close: () => stop.abort() };
}

/** Keeps in mind who is signed in, so that a lost token can be told from a first visit. */
function rememberUser(store: LiveStore): void {
  let [name, mode] = ["", 0];
  store.subscribe(() => {
    const { me, system } = store.get();
    if (!me || !system || (me.name === name && system.accessMode === mode)) return;
    [name, mode] = [me.name, system.accessMode];
    remember({ name, mode, left: false });
  });
}
