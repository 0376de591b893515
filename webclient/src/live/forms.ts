import type { Workflow, WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import type { Api } from "../lib/transport";

/** Which version of which workflow. */
export type Named = Pick<WorkflowSummary, "id" | "version">;

/** Forms gives workflows with their forms: the live state tells only that they are there. */
export interface Forms {
  /** The workflow in this version, when it is at hand. */
  readonly get: (named: Named) => Workflow | undefined;
  /** The same, asked for when need be. A workflow that has changed meanwhile comes as it is now. */
  readonly fetch: (named: Named) => Promise<Workflow>;
}

/** Forms kept: a page shows one or two of them at a time. */
const most = 50;

export function createForms(api: Api): Forms {
  const known = new Map<string, Workflow>();
  const asked = new Map<string, Promise<Workflow>>();

  const keep = (key: string, workflow: Workflow) => {
    known.delete(key);
    known.set(key, workflow);
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest);
  };
  const ask = async (key: string, { id }: Named) => {
    try {
      const { workflow } = await api.workflows.getWorkflow({ workflowId: id });
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
      if (workflow) return workflow;
      const answer = asked.get(key) ?? ask(key, named);
      asked.set(key, answer);
      return answer;
    },
  };
}

function keyOf({ id, version }: Named): string {
  return `${id}/${version}`;
}
