/// <reference lib="webworker" />
import { createApi, createBrowserTransport } from "../lib/transport";
import { createControls } from "./controls";
import { follow } from "./feed";
import type { FromWorker, ToWorker } from "./protocol";
import { emptyState, reduce } from "./state";

// One stream for all tabs of a browser: HTTP/1.1 leaves a page about six connections, and calls and pictures need them.
declare const self: SharedWorkerGlobalScope;

const ports = new Set<MessagePort>();
const controls = createControls();
let state = emptyState;
let following = false;

const post = (port: MessagePort, message: FromWorker) => port.postMessage(message);

self.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    switch (data.kind) {
      case "leave":
        return void ports.delete(port);
      case "retry":
        return controls.retry();
      case "renew":
        return controls.renew();
      case "join":
        ports.add(port);
        post(port, { kind: "state", state });
        if (!following) begin(data.known);
    }
  };
};

self.addEventListener("online", () => controls.retry());

function begin(known: boolean): void {
  following = true;
  void follow({
    api: createApi(createBrowserTransport()),
    emit: (event) => {
      state = reduce(state, event);
      for (const port of ports) post(port, { kind: "event", event });
    },
    revision: () => state.revision,
    known,
    controls,
    signal: new AbortController().signal,
  });
}
