import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Workflow, WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import type { GetWorkflowRequestSchema } from "../gen/comfyscheduler/v1/workflow_service_pb";
import type { Api } from "../lib/transport";

/** Which version of which workflow. */
export type Named = Pick<WorkflowSummary, "id" | "version">;

/** Forms gives workflows with their forms: the live state tells only that they are there. */
export interface Forms {
  /** The workflow in this version, when it is at hand. */
  readonly get: (named: Named) => Workflow | undefined;
  /**
   * The same, asked for when need be: also after a while, since choices and files are those that ComfyUI has at the moment. A
   * workflow that has changed meanwhile comes as it is now.
   */
  readonly fetch: (named: Named) => Promise<Workflow>;
  /** The workflow in exactly this version, which may be one that jobs were booked with and nobody else can book with any more. */
  readonly fetchKept: (named: Named) => Promise<Workflow>;
}

/** Forms kept: a page shows one or two of them at a time. */
const most = 50;
/** A form is asked for again when it is wanted after this many milliseconds. */
const fresh = 15_000;

export function createForms(api: Api): Forms {
  const known = new Map<string, Workflow>();
  const asked = new Map<string, Promise<Workflow>>();
  const readAt = new WeakMap<Workflow, number>();

  const keep = (key: string, workflow: Workflow) => {
    known.delete(key);
    known.set(key, workflow);
    readAt.set(workflow, Date.now());
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest);
  };
  const ask = async (key: string, request: MessageInitShape<typeof GetWorkflowRequestSchema>) => {
    try {
      const { workflow } = await api.workflows.getWorkflow(request);
      if (!workflow?.summary) throw new Error("the server has no such workflow");
      keep(keyOf(workflow.summary), workflow);
      return workflow;
    } finally {
      asked.delete(key);
    }
  };

  return {
    get: (named) => known.get(keyOf(named)),
    fetch: async (named) => {
      const key = keyOf(named);
      const workflow = known.get(key);
      if (workflow && Date.now() - (readAt.get(workflow) ?? 0) < fresh) return workflow;
      const answer = asked.get(key) ?? ask(key, { workflowId: named.id });
      asked.set(key, answer);
      return answer;
    },
    fetchKept: async (named) => {
      const key = keyOf(named);
      return known.get(key) ?? ask(key, { workflowId: named.id, version: named.version, anyVersion: true });
    },
  };
}

function keyOf({ id, version }: Named): string {
  return `${id}/${version}`;
}
