import { useEffect, useState } from "react";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { problemOf } from "../lib/problem";
import type { Named } from "./forms";
import { useLive, useLiveContext } from "./LiveContext";

/**
 * The workflow with its form, asked for again when the page is looked at again. While a new version is being asked for the one before stands
 * in, so that nobody's fields vanish; absent while there is none.
 */
export function useForm(summary: Named | undefined): { workflow?: Workflow | undefined; error: string } {
  const { forms } = useLiveContext();
  const generation = useLive((state) => state.generation);
  const [id, version] = [summary?.id, summary?.version];
  const [last, setLast] = useState<{ id: string; workflow?: Workflow | undefined; error: string }>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new connection is a reason to ask again
  useEffect(() => {
    if (id === undefined || version === undefined) return;
    let wanted = true;
    const ask = () =>
      forms.fetch({ id, version }).then(
        (workflow) => wanted && setLast({ id, workflow, error: "" }),
        (cause) =>
          wanted &&
          setLast((known) => ({
            id,
            workflow: known?.id === id ? known.workflow : undefined,
            error: problemOf(cause).message,
          })),
      );
    void ask();
    const askAgain = () => document.visibilityState === "visible" && void ask();
    document.addEventListener("visibilitychange", askAgain);
    return () => {
      wanted = false;
      document.removeEventListener("visibilitychange", askAgain);
    };
  }, [forms, id, version, generation]);

  const mine = last?.id === id ? last : undefined;
  return { workflow: (summary && forms.get(summary)) ?? mine?.workflow, error: mine?.error ?? "" };
}

/** The workflow of this id with its form; absent until it is known. */
export function useFormOf(workflowId: string): Workflow | undefined {
  return useForm(useLive(({ workflows }) => workflows.find(({ id }) => id === workflowId))).workflow;
}
