import type { MessageInitShape } from "@bufbuild/protobuf";
import { useNotify } from "../../components/Notices";
import type { Workflow } from "../../gen/comfyscheduler/v1/workflow_pb";
import type { UpdateWorkflowRequestSchema } from "../../gen/comfyscheduler/v1/workflow_service_pb";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";

/** What can be done to a workflow. `put` takes it as it is afterwards. */
export function useWorkflowActions(id: string, put: (workflow: Workflow | undefined) => void, onGone: () => void) {
  const { api } = useLiveContext();
  const call = useCall();
  const notify = useNotify();
  const about = `workflow/${id}`;

  const read = async () => (await api.workflows.getWorkflow({ workflowId: id, showHidden: true })).workflow;

  return {
    call,
    /** Resolves to whether it was accepted. */
    update: (change: MessageInitShape<typeof UpdateWorkflowRequestSchema>) =>
      call.run(async () => {
        const { workflow } = await api.workflows.updateWorkflow({ ...change, workflowId: id });
        put(workflow);
        notify({ about, tone: "good", title: "Saved." });
      }),
    check: () =>
      call.run(async () => {
        const { workflow } = await api.workflows.checkWorkflow({ workflowId: id });
        put(workflow);
        notify({ about, tone: "good", title: "ComfyUI was asked again." });
      }),
    measure: (workerId: string, acceptResult: boolean) =>
      void call.run(async () => {
        const { workflow } = await api.workflows.measureWorkflow({ workflowId: id, workerId, acceptResult });
        put(workflow);
        notify({
          about,
          tone: "good",
          title: acceptResult ? "Its result is taken as good." : "It is measured as soon as there is free time.",
        });
      }),
    remove: (title: string) =>
      call.run(async () => {
        await api.workflows.deleteWorkflow({ workflowId: id });
        notify({ about, tone: "plain", title: `“${title}” is deleted.` });
        onGone();
      }),
    /** The workflow with its hidden inputs; nothing when it cannot be read. */
    whole: async () => {
      let found: Workflow | undefined;
      await call.run(async () => {
        found = await read();
      });
      return found;
    },
    /** The same, with what went wrong before still in sight. */
    reread: () => read().catch(() => undefined),
  };
}
