import { EstimateBasis } from "../../gen/comfyscheduler/v1/estimate_pb";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import {
  type WorkflowProblem,
  WorkflowProblemKind,
  WorkflowSource,
  type WorkflowSummary,
} from "../../gen/comfyscheduler/v1/workflow_pb";
import { formatDuration } from "../format";
import { fullSentence } from "./words";

type Named = Pick<WorkflowSummary, "id" | "title">;

/** What a workflow is called on the page. */
export function titleOf({ id, title }: Named): string {
  return title || id;
}

/** Where a workflow comes from. */
export const sourceWords: Record<WorkflowSource, string> = {
  [WorkflowSource.UNSPECIFIED]: "Unknown",
  [WorkflowSource.CONFIGURATION]: "Configuration",
  [WorkflowSource.FOLDER]: "Folder",
  [WorkflowSource.IMPORT]: "Imported",
};

/** What a kind of result is called. */
export const resultWords: Record<ResultKind, string> = {
  [ResultKind.UNSPECIFIED]: "Result",
  [ResultKind.IMAGE]: "Picture",
  [ResultKind.VIDEO]: "Video",
  [ResultKind.AUDIO]: "Sound",
  [ResultKind.TEXT]: "Text",
  [ResultKind.FILE]: "File",
};

const filesWords: Record<FileKind, string> = {
  [FileKind.UNSPECIFIED]: "a file",
  [FileKind.IMAGE]: "a picture",
  [FileKind.MASK]: "a mask",
  [FileKind.VIDEO]: "a video",
  [FileKind.AUDIO]: "a sound",
  [FileKind.MODEL_3D]: "a 3D model",
  [FileKind.WORKFLOW]: "a workflow",
};

/** What files a workflow needs, such as "Needs a picture and a mask"; empty when it needs none. */
export function needsWords({ files }: Pick<WorkflowSummary, "files">): string {
  const each = [...new Set(files.map((kind) => filesWords[kind]))];
  if (each.length === 0) return "";
  return `Needs ${[each.slice(0, -1).join(", "), each.at(-1)].filter(Boolean).join(" and ")}`;
}

/** What kind of thing is missing. */
export function problemWords({ kind, pack }: Pick<WorkflowProblem, "kind" | "pack">): string {
  if (kind === WorkflowProblemKind.MISSING_CLASS) return pack ? "Node pack" : "Node class";
  return kind === WorkflowProblemKind.MISSING_MODEL ? "Model" : "Something";
}

/** What keeps a workflow from running, in sentences. */
export function problemsWords(problems: readonly string[]): string {
  return problems.map(fullSentence).join(" ");
}

/** How long a run takes where it is quickest, such as "about 8 s" or "about 8 s, a guess". */
export function estimateWords({ estimates }: Pick<WorkflowSummary, "estimates">): string {
  const length = ({ expectedMs, slotDurationMs }: WorkflowSummary["estimates"][number]) =>
    Number(expectedMs) || Number(slotDurationMs);
  const [best] = estimates.filter((estimate) => length(estimate) > 0).sort((a, b) => length(a) - length(b));
  if (!best) return "not measured yet";
  const guess = best.basis === EstimateBasis.GUESS ? ", a guess" : "";
  return `about ${formatDuration(length(best))}${guess}`;
}
