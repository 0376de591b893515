import { createContext, type ReactNode, use, useRef, useSyncExternalStore } from "react";
import type { Api } from "../lib/transport";
import type { LiveLink } from "./connect";
import { createDrafts, type Drafts } from "./drafts";
import type { LiveState } from "./state";
import type { LiveStore } from "./store";
import { createWholeJobs, type WholeJobs } from "./wholeJobs";

/** Live is what every page lives on: the state, the calls that change it, the link that feeds it, and what is being typed. */
export interface Live {
  readonly store: LiveStore;
  readonly api: Api;
  readonly link: LiveLink;
  readonly whole: WholeJobs;
  readonly drafts: Drafts;
}

export function createLive(parts: Pick<Live, "store" | "api" | "link">, storage = () => sessionStorage): Live {
  return { ...parts, whole: createWholeJobs(parts.api), drafts: createDrafts(storage) };
}

const LiveContext = createContext<Live | undefined>(undefined);

export function LiveProvider({ live, children }: { live: Live; children: ReactNode }) {
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The live context itself, for calls. It never changes. */
export function useLiveContext(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error("useLiveContext needs a LiveProvider");
  return live;
}

/** A part of the live state. Renders again only when the selected value differs by `equal`. */
export function useLive<T>(select: (state: LiveState) => T, equal: (a: T, b: T) => boolean = Object.is): T {
  const { store } = useLiveContext();
  const last = useRef<{ value: T } | undefined>(undefined);
  const read = () => {
    const value = select(store.get());
    if (last.current === undefined || !equal(last.current.value, value)) last.current = { value };
    return last.current.value;
  };
  return useSyncExternalStore(store.subscribe, read);
}
