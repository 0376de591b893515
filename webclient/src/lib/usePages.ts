import { useCallback, useEffect, useState } from "react";
import { problemOf } from "./problem";

/** One page of a list and the token of the next; empty on the last. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next: string;
}

type State<T> = Page<T> & { readonly phase: "loading" | "ready" | "failed"; readonly error: string };

/** A list that is read page by page. `ask` must keep its identity while it asks for the same list. */
export function usePages<T>(ask: (pageToken: string, signal?: AbortSignal) => Promise<Page<T>>) {
  const [state, setState] = useState<State<T>>({ rows: [], next: "", phase: "loading", error: "" });
  const load = useCallback(
    async (before: Page<T>, signal?: AbortSignal) => {
      setState({ ...before, phase: "loading", error: "" });
      try {
        const page = await ask(before.next, signal);
        setState({ rows: [...before.rows, ...page.rows], next: page.next, phase: "ready", error: "" });
      } catch (cause) {
        if (!signal?.aborted) setState({ ...before, phase: "failed", error: problemOf(cause).message });
      }
    },
    [ask],
  );
  useEffect(() => {
    const stop = new AbortController();
    void load({ rows: [], next: "" }, stop.signal);
    return () => stop.abort();
  }, [load]);
  /** Reads the first page again and shows it when it is there: what is on the page stays until then. */
  const refresh = useCallback(async () => {
    try {
      setState({ ...(await ask("")), phase: "ready", error: "" });
    } catch (cause) {
      setState((known) => ({ ...known, phase: "failed", error: problemOf(cause).message }));
    }
  }, [ask]);
  return { ...state, more: () => void load(state), refresh };
}
