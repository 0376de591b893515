import { useEffect, useState } from "react";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { problemOf } from "../lib/problem";
import type { Named } from "./forms";
import { useLive, useLiveContext } from "./LiveContext";

/**
 * The workflow with its form, asked for again when the page is looked at again. While a new version is being asked for the one before
 * stands
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

/** The workflow in the version that something was booked with; absent until it is known, and where it is not kept. */
export function useKeptForm(id: string, version: string): Workflow | undefined {
  const { forms } = useLiveContext();
  const [asked, setAsked] = useState<{ key: string; workflow: Workflow }>();
  const key = `${id}/${version}`;
  useEffect(() => {
    if (!version) return;
    let wanted = true;
    forms.fetchKept({ id, version }).then(
      (workflow) => wanted && setAsked({ key: `${id}/${version}`, workflow }),
      () => undefined, // its labels are not needed to understand a job
    );
    return () => {
      wanted = false;
    };
  }, [forms, id, version]);
  return forms.get({ id, version }) ?? (asked?.key === key ? asked.workflow : undefined);
}
