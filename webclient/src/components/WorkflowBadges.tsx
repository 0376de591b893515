import type { WorkflowSummary } from "../gen/comfyscheduler/v1/workflow_pb";
import { needsWords } from "../lib/words/workflow";
import { Badge } from "./Badge";

/** What one should know of a workflow before choosing it. */
export function WorkflowBadges({
  summary,
}: {
  summary: Pick<WorkflowSummary, "paid" | "files" | "disabled" | "bookable" | "problems">;
}) {
  const { paid, disabled, bookable, problems } = summary;
  const needs = needsWords(summary);
  return (
    <>
      {disabled ? (
        <Badge icon="power">Switched off</Badge>
      ) : (
        !bookable &&
        (problems.length > 0 ? (
          <Badge tone="bad" icon="warning" title={problems.join("\n")}>
            Cannot run here
          </Badge>
        ) : (
          <Badge icon="clock">Not ready yet</Badge>
        ))
      )}
      {paid && (
        <Badge tone="busy" icon="coin" title="It calls a service that costs money for each run.">
          Costs money
        </Badge>
      )}
      {needs && <Badge icon="file">{needs}</Badge>}
    </>
  );
}
