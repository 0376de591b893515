/// <reference lib="webworker" />
import { createApi, createBrowserTransport } from "../lib/transport";
import { follow } from "./feed";
import type { FromWorker, ToWorker } from "./protocol";
import { createRetryBell } from "./retry";
import { emptyState, reduce } from "./state";

// One stream for all tabs of a browser: HTTP/1.1 leaves a page about six connections, and calls and pictures need them.
declare const self: SharedWorkerGlobalScope;

const ports = new Set<MessagePort>();
const bell = createRetryBell();
let state = emptyState;

const post = (port: MessagePort, message: FromWorker) => port.postMessage(message);

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "leave") ports.delete(port);
    else if (data.kind === "retry") bell.ring();
    else {
      ports.add(port);
      post(port, { kind: "state", state });
    }
  };
};

self.addEventListener("online", () => bell.ring());

void follow({
  api: createApi(createBrowserTransport()),
  emit: (event) => {
    state = reduce(state, event);
    for (const port of ports) post(port, { kind: "event", event });
  },
  revision: () => state.revision,
  retry: bell.wait,
  signal: new AbortController().signal,
});
