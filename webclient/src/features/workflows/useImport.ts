import { useCallback, useRef, useState } from "react";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import type { ImportWorkflowRequest, ImportWorkflowResponse } from "../../gen/comfyscheduler/v1/workflow_service_pb";
import { type Problem, problemOf } from "../../lib/problem";
import { randomUuid } from "../../lib/random";
import { upload } from "../../lib/upload";
import { useLiveContext } from "../../live/LiveContext";

/** Larger files, in bytes, are brought on a way of their own. */
const inline = 2 << 20;

/** What is to become a workflow. */
export type Source =
  | { readonly kind: "file"; readonly file: File }
  | { readonly kind: "template"; readonly name: string; readonly title: string };

/** Importing is one file or template on its way to the menu. */
export interface Importing {
  readonly source: Source;
  /** Workflow whose new version it is to be; a new workflow when absent. */
  readonly replaces?: Workflow | undefined;
  /** What would come of it, once the server has said so. */
  readonly answer?: ImportWorkflowResponse;
  /** Why it cannot be taken. */
  readonly problem?: Problem;
  readonly adding: boolean;
}

/** Looks at a file or a template first, and keeps it when it is wanted. */
export function useImport() {
  const { api } = useLiveContext();
  const [importing, setImporting] = useState<Importing>();
  const stop = useRef<AbortController>(undefined);
  const content = useRef<ImportWorkflowRequest["source"]>(undefined);

  const begin = useCallback(
    async (source: Source, replaces?: Workflow) => {
      stop.current?.abort();
      stop.current = new AbortController();
      const { signal } = stop.current;
      setImporting({ source, replaces, adding: false });
      try {
        const found = await contentOf(source, signal);
        content.current = found;
        const request = { ...about(source, replaces), source: found, checkOnly: true };
        const answer = await api.workflows.importWorkflow(request, { signal });
        setImporting({ source, replaces, answer, adding: false });
      } catch (cause) {
        if (!signal.aborted) setImporting({ source, replaces, problem: problemOf(cause), adding: false });
      }
    },
    [api],
  );

  const close = useCallback(() => {
    stop.current?.abort();
    content.current = undefined;
    setImporting(undefined);
  }, []);

  /** Keeps it, under this title where one was chosen. Resolves to the workflow, or to nothing when it went wrong. */
  async function add(title: string): Promise<Workflow | undefined> {
    if (!importing || !content.current) return undefined;
    const { source, replaces } = importing;
    setImporting({ ...importing, adding: true });
    try {
      const request = { ...about(source, replaces), source: content.current, title, requestId: randomUuid() };
      const { workflow } = await api.workflows.importWorkflow(request);
      close();
      return workflow;
    } catch (cause) {
      setImporting({ source, replaces, problem: problemOf(cause), adding: false });
      return undefined;
    }
  }

  return { importing, begin, add, close };
}

function about(source: Source, replaces: Workflow | undefined) {
  return { filename: source.kind === "file" ? source.file.name : "", workflowId: replaces?.summary?.id ?? "" };
}

async function contentOf(source: Source, signal: AbortSignal): Promise<ImportWorkflowRequest["source"]> {
  if (source.kind === "template") return { case: "template", value: source.name };
  const { file } = source;
  if (file.size > inline) return { case: "uploadId", value: (await upload(file, { name: file.name, signal })).id };
  return { case: "content", value: new Uint8Array(await file.arrayBuffer()) };
}
