import type { FeedEvent, LiveState } from "./state";

/** What the shared worker tells a tab: everything once, then each event. Structured clones keep bigints exact. */
export type FromWorker =
  | { readonly kind: "state"; readonly state: LiveState }
  | { readonly kind: "event"; readonly event: FeedEvent };

/** What a tab tells the shared worker. */
export type ToWorker =
  /** `known`: somebody was signed in here before, which a worker cannot look up. */
  | { readonly kind: "join"; readonly known: boolean }
  | { readonly kind: "leave" }
  | { readonly kind: "retry" }
  | { readonly kind: "renew" };
