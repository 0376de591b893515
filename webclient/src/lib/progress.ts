import type { JobProgress } from "../gen/comfyscheduler/v1/job_pb";

/** How much of the workflow is done, from 0 to 1: its nodes, and the steps of the one that is running. */
export function shareDone({ nodesDone, nodesTotal, step, total }: JobProgress): number {
  const within = total > 0 ? step / total : 0;
  if (nodesTotal === 0) return Math.min(1, within);
  return Math.min(1, (nodesDone + within) / nodesTotal);
}

/** What is running, such as "KSampler, step 12 of 20". */
export function progressWords({ nodeTitle, nodeId, step, total }: JobProgress): string {
  const name = nodeTitle || (nodeId ? `Node ${nodeId}` : "Starting");
  return total > 0 ? `${name}, step ${step} of ${total}` : name;
}
