import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { carried, type FormChange } from "../../form/carry";
import type { SeriesDraft } from "../../form/series";
import { emptyValues, type FormValues } from "../../form/values";
import type { Workflow, WorkflowSummary } from "../../gen/comfyscheduler/v1/workflow_pb";
import { useDraft } from "../../live/useDraft";
import { useForm } from "../../live/useForm";

/** Draft is what of a booking in the making outlives the page. */
export interface Draft {
  readonly workflowId?: string | undefined;
  /** What was typed, by workflow. */
  readonly typed?: Readonly<Record<string, Typed>> | undefined;
  readonly start?: number | undefined;
  /** The worker that was chosen; any when absent. */
  readonly workerId?: string | undefined;
  /** Not earlier either than the next free slot says. */
  readonly notSooner?: boolean | undefined;
  /** Several jobs, and how they are to differ; one alone when absent. */
  readonly series?: SeriesDraft | undefined;
}

/** Typed is what differs from the defaults of a form, and the version of the workflow that it was typed for. */
export interface Typed {
  readonly version: string;
  readonly values: FormValues;
}

const none: readonly FormChange[] = [];
const nothing: FormValues = {};

/** The fields of the workflow. When it changes, what was typed is kept where it fits, and `news` says what is another. */
export function useFields(summary: WorkflowSummary | undefined) {
  const [draft, edit] = useDraft<Draft>("booking");
  // A refusal may tell of a version before the live state does.
  const [ahead, setAhead] = useState<{ id: string; from: string; version: string }>();
  const early = ahead !== undefined && ahead.id === summary?.id && ahead.from === summary.version;
  const { workflow, error } = useForm(summary && early ? { ...summary, version: ahead.version } : summary);
  const [id = "", version = ""] = [workflow?.summary?.id, workflow?.summary?.version];
  const [news, setNews] = useState<{ id: string; version: string; changes: readonly FormChange[] }>();

  const blank = useMemo(() => emptyValues(workflow), [workflow]);
  const mine = draft?.typed?.[id];
  const typed = mine?.values ?? nothing;
  const values = useMemo(() => ({ ...blank, ...typed }), [blank, typed]);

  const seen = useRef(new Map<string, Workflow>());
  useEffect(() => {
    if (!workflow) return;
    const before = seen.current.get(id);
    seen.current.set(id, workflow);
    const was = mine?.version ?? before?.summary?.version;
    if (was === undefined || was === version) return;
    const known = before?.summary?.version === was ? before : undefined;
    const next = carried(typed, known, workflow);
    if (mine) edit((all) => withTyped(all, id, { version, values: next.values }));
    if (was !== "" && next.changes.length > 0) setNews({ id, version, changes: next.changes });
  }, [workflow, id, version, mine, typed, edit]);

  const setValues = useCallback(
    (next: FormValues) => {
      const differing = Object.entries(next).filter(([name, value]) => value !== blank[name]);
      edit((all) => withTyped(all, id, { version, values: Object.fromEntries(differing) }));
    },
    [edit, blank, id, version],
  );
  /** The server has another version of the workflow than the fields were made for. */
  const staleAt = useCallback(
    (current: string) => summary && setAhead({ id: summary.id, from: summary.version, version: current }),
    [summary],
  );
  return {
    /** Absent while its form is not known; `error` says why. */
    workflow,
    error,
    values,
    /** What was typed differs from the defaults. */
    touched: mine !== undefined && Object.keys(typed).length > 0,
    news: news?.id === id ? news.changes : none,
    setValues,
    staleAt,
    forgetNews: () => setNews(undefined),
  };
}

export function withTyped(draft: Draft | undefined, id: string, typed: Typed): Draft {
  return { ...draft, typed: { ...draft?.typed, [id]: typed } };
}
