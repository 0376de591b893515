import { createContext, type ReactNode, use, useRef, useSyncExternalStore } from "react";
import type { UserName } from "../gen/comfyscheduler/v1/state_pb";
import type { Api } from "../lib/transport";
import { type Assets, createAssets } from "./assets";
import type { LiveLink } from "./connect";
import { createDrafts, type Drafts } from "./drafts";
import { createForms, type Forms } from "./forms";
import type { LiveState } from "./state";
import type { LiveStore } from "./store";
import { createWholeJobs, type WholeJobs } from "./wholeJobs";

/** Live is what every page lives on: the state, the calls that change it, the link that feeds it, and what is being typed. */
export interface Live {
  readonly store: LiveStore;
  readonly api: Api;
  readonly link: LiveLink;
  readonly whole: WholeJobs;
  readonly forms: Forms;
  readonly assets: Assets;
  readonly drafts: Drafts;
  /** Takes note of names that came with the answer to a call. */
  readonly learn: (users: readonly UserName[]) => void;
}

export function createLive(parts: Pick<Live, "store" | "api" | "link">, storage = () => sessionStorage): Live {
  const { store, api } = parts;
  const learn = (users: readonly UserName[]) => store.apply({ kind: "names", users });
  return {
    ...parts,
    whole: createWholeJobs(api, learn),
    forms: createForms(api),
    assets: createAssets(api),
    drafts: createDrafts(storage),
    learn,
  };
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
