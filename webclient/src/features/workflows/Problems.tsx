import { useState } from "react";
import { Button } from "../../components/Button";
import { Icon, type IconName } from "../../components/Icon";
import { WorkflowProblemKind as Kind, type WorkflowProblem } from "../../gen/comfyscheduler/v1/workflow_pb";
import { copyText } from "../../lib/clipboard";
import { formatBytes } from "../../lib/format";
import { sentence } from "../../lib/words/words";
import { problemWords } from "../../lib/words/workflow";

const icons: Record<Kind, IconName> = {
  [Kind.UNSPECIFIED]: "warning",
  [Kind.MISSING_CLASS]: "stack",
  [Kind.MISSING_MODEL]: "cube",
  [Kind.VALUE_NOT_OFFERED]: "text",
  [Kind.MISSING_FILE]: "file",
  [Kind.OTHER]: "warning",
};

/** Shown at first of very many. */
const first = 6;

/** What is missing, and how to get it. */
export function Problems({ problems }: { problems: readonly WorkflowProblem[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? problems : problems.slice(0, first);
  return (
    <>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {shown.map((problem) => (
          <ProblemRow key={`${problem.kind}/${problem.nodeId}/${problem.text}`} problem={problem} />
        ))}
      </ul>
      {problems.length > shown.length && (
        <Button tone="bare" className="mt-1" onClick={() => setAll(true)}>
          {problems.length - shown.length} more
        </Button>
      )}
    </>
  );
}

function ProblemRow({ problem }: { problem: WorkflowProblem }) {
  const { kind, text, nodeTitle, className, pack, modelFile, modelFolder, modelUrl, modelBytes } = problem;
  const name = kind === Kind.MISSING_MODEL ? modelFile : kind === Kind.MISSING_CLASS ? pack || className : "";
  const details = [
    modelFolder && `into models/${modelFolder}`,
    modelBytes > 0n && formatBytes(Number(modelBytes)),
    kind === Kind.MISSING_CLASS && pack && `for ${className}`,
    nodeTitle && `node “${nodeTitle}”`,
  ].filter(Boolean);
  return (
    <li className="flex items-start gap-x-3 px-3 py-2 text-sm">
      <Icon name={icons[kind]} className="mt-0.5 size-4 shrink-0 text-failed-ink" />
      <div className="min-w-0 flex-1">
        {name === "" ? (
          <span className="[overflow-wrap:anywhere]">{sentence(text)}</span>
        ) : (
          <>
            <span className="text-ink-faint text-xs">{problemWords(problem)} missing</span>
            <span className="block font-medium [overflow-wrap:anywhere]">{name}</span>
            <span className="block text-ink-soft text-xs">
              {details.length > 0 ? details.join(" · ") : sentence(text)}
            </span>
          </>
        )}
        {modelUrl && <CopyAddress address={modelUrl} />}
      </div>
    </li>
  );
}

function CopyAddress({ address }: { address: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <Button
      title={address}
      className="mt-1.5 min-h-8"
      onClick={async () => {
        setCopied(await copyText(address));
      }}
    >
      <Icon name={copied ? "check" : "copy"} className="size-4" />
      {copied ? "Copied" : "Copy address"}
    </Button>
  );
}
