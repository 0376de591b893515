import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { ErrorReason } from "../../gen/comfyscheduler/v1/error_pb";
import type { Problem } from "../../lib/problem";
import { sentence } from "../../lib/words/words";

/** Why a file is no workflow that can be taken, each thing with its node. */
export function Refusal({ problem, onClose }: { problem: Problem; onClose: () => void }) {
  const { message, reason, violations } = problem;
  return (
    <div role="alert" className="space-y-4 p-4 sm:p-5">
      <p className="flex items-start gap-3">
        <Icon name="warning" className="mt-0.5 size-5 shrink-0 text-failed-ink" />
        <span className="[overflow-wrap:anywhere]">{message}</span>
      </p>
      {violations.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line text-sm">
          {violations.map(({ field: node, message: text }) => (
            <li key={`${node}/${text}`} className="flex items-start gap-3 px-3 py-2">
              {node && !text.toLowerCase().includes(`node ${node.toLowerCase()}`) && (
                <span className="shrink-0 rounded bg-sunken px-1.5 py-0.5 text-ink-soft text-xs">Node {node}</span>
              )}
              <span className="min-w-0 [overflow-wrap:anywhere]">{sentence(text)}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="flex flex-wrap items-center justify-between gap-3 text-ink-soft text-sm">
        <span>
          Nothing was kept.
          {reason === ErrorReason.WORKFLOW_REFUSED && " Open it in ComfyUI, put it right, save it, and bring it again."}
        </span>
        <Button onClick={onClose}>Close</Button>
      </p>
    </div>
  );
}
