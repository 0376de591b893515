import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createApi, createBrowserTransport } from "../lib/transport";
import { connect } from "../live/connect";
import { createLive, LiveProvider } from "../live/LiveContext";
import { createLiveStore } from "../live/store";
import { App } from "./App";
import "./styles.css";

const api = createApi(createBrowserTransport());
const store = createLiveStore();
const live = createLive({ api, store, link: connect(store, api) });

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <LiveProvider live={live}>
      <App />
    </LiveProvider>
  </StrictMode>,
);
