import { useEffect, useState } from "react";
import type { WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import { useLive, useLiveContext } from "./LiveContext";

/** The live state tells of this many workflows at most: where it has as many, there may be more. */
const told = 200;
/** Milliseconds after the last letter before the server is asked. */
const rest = 250;

/** The workflows that are known, and where there are very many also those that the server finds by these words. */
export function useFoundWorkflows(known: readonly WorkflowSummary[], words: string): readonly WorkflowSummary[] {
  const { api } = useLiveContext();
  const [found, setFound] = useState<readonly WorkflowSummary[]>([]);
  const asking = known.length >= told && words.trim() !== "";
  useEffect(() => {
    if (!asking) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const request = { query: words.trim().slice(0, 50), pageSize: 100 };
        const { workflows } = await api.workflows.listWorkflows(request, { signal: stop.signal });
        setFound(workflows);
      } catch {
        // What is known is shown all the same.
      }
    }, rest);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, asking, words]);
  if (!asking) return known;
  const ids = new Set(known.map(({ id }) => id));
  return [...known, ...found.filter(({ id }) => !ids.has(id))];
}

/** The workflow of this id, also one that the live state does not tell of because there are too many. */
export function useSummary(id: string | undefined): WorkflowSummary | undefined {
  const { api } = useLiveContext();
  const known = useLive(({ workflows }) => workflows.find((summary) => summary.id === id));
  const full = useLive(({ workflows }) => workflows.length >= told);
  const [found, setFound] = useState<WorkflowSummary>();
  const asking = id !== undefined && known === undefined && full;
  useEffect(() => {
    if (!asking) return;
    const stop = new AbortController();
    api.workflows.getWorkflow({ workflowId: id }, { signal: stop.signal }).then(
      ({ workflow }) => setFound(workflow?.summary),
      () => {},
    );
    return () => stop.abort();
  }, [api, id, asking]);
  return known ?? (found?.id === id ? found : undefined);
}
