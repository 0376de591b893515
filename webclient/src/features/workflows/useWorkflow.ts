import { useCallback, useEffect, useState } from "react";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";

/** The workflow as it is now, read anew when the live state tells of a change. */
export function useWorkflow(id: string) {
  const { api } = useLiveContext();
  const told = useLive(({ workflows }) => workflows.find((summary) => summary.id === id));
  const [state, setState] = useState<{ id: string; workflow?: Workflow | undefined; error: string }>();
  const put = useCallback((workflow: Workflow | undefined) => setState({ id, workflow, error: "" }), [id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the live state tells of it is a reason to ask again
  useEffect(() => {
    const stop = new AbortController();
    api.workflows.getWorkflow({ workflowId: id }, { signal: stop.signal }).then(
      ({ workflow }) => put(workflow),
      (cause) =>
        stop.signal.aborted ||
        setState((known) => ({
          id,
          workflow: known?.id === id ? known.workflow : undefined,
          error: problemOf(cause).message,
        })),
    );
    return () => stop.abort();
  }, [api, id, told, put]);

  const mine = state?.id === id ? state : undefined;
  return { workflow: mine?.workflow, error: mine?.error ?? "", put };
}
