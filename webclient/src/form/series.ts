import { create } from "@bufbuild/protobuf";
import { type Input, InputRole, type InputValue, InputValueSchema } from "../gen/comfyscheduler/v1/input_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { labelOf } from "./labels";
import { inputFor, readField } from "./values";

/** SeriesDraft is how several jobs are to differ, as it is typed. */
export type SeriesDraft =
  | { readonly kind: "variations"; readonly count: number }
  | { readonly kind: "prompts"; readonly text: string }
  | { readonly kind: "grid"; readonly axes: readonly AxisDraft[] };

/** AxisDraft is an input of a grid, and the values that it takes, with commas between them. */
export interface AxisDraft {
  readonly name: string;
  readonly text: string;
}

/** Series is what is asked for: how many, and how they differ. */
export interface Series {
  readonly total: number;
  readonly count?: number;
  /** One value of one input for each job. */
  readonly items?: readonly { readonly name: string; readonly value: InputValue }[];
  readonly axes?: readonly { readonly name: string; readonly values: readonly InputValue[] }[];
}

/** Jobs of a series at most. */
export const longestSeries = 100;

/** What series a workflow can be booked in. */
export function seriesKinds(workflow: Workflow): readonly SeriesDraft["kind"][] {
  return [
    ...(inputFor(workflow, InputRole.SEED) ? (["variations"] as const) : []),
    ...(inputFor(workflow, InputRole.PROMPT) ? (["prompts"] as const) : []),
    ...(gridInputs(workflow).length > 0 ? (["grid"] as const) : []),
  ];
}

/** The inputs that a grid can run along. */
export function gridInputs(workflow: Workflow): readonly Input[] {
  const kinds = ["integer", "number", "choice", "seed", "text"];
  return workflow.inputs.filter(({ kind, role }) => role !== InputRole.PROMPT && kinds.includes(kind.case ?? ""));
}

/** Reads a draft; the complaint is the first thing that is wrong. */
export function readSeries(
  draft: SeriesDraft,
  workflow: Workflow,
): { series: Series; complaint?: undefined } | { series?: undefined; complaint: string } {
  const read = draft.kind === "grid" ? readGrid(draft.axes, workflow) : readList(draft, workflow);
  if (typeof read === "string") return { complaint: read };
  if (read.total < 2) return { complaint: "A series has two jobs or more." };
  if (read.total > longestSeries) return { complaint: `${read.total} jobs: a series has ${longestSeries} at most.` };
  return { series: read };
}

function readList(draft: Exclude<SeriesDraft, { kind: "grid" }>, workflow: Workflow): Series | string {
  if (draft.kind === "variations")
    return Number.isInteger(draft.count) ? { total: draft.count, count: draft.count } : "A whole number, please.";
  const prompt = inputFor(workflow, InputRole.PROMPT);
  const lines = draft.text.split("\n").filter((line) => line.trim() !== "");
  if (!prompt) return "This workflow has no prompt.";
  const values = lines.map((line) => readField(prompt, line.trim()));
  const wrong = values.findIndex(({ complaint }) => complaint);
  if (wrong >= 0) return `Prompt ${wrong + 1}: ${values[wrong]?.complaint}`;
  const items = values.map(({ value }) => ({ name: prompt.name, value: inputValue(value) }));
  return { total: items.length, items };
}

function readGrid(drafts: readonly AxisDraft[], workflow: Workflow): Series | string {
  const axes: { name: string; values: InputValue[] }[] = [];
  for (const { name, text } of drafts) {
    const input = workflow.inputs.find((each) => each.name === name);
    if (!input) continue;
    const texts = [...new Set(text.split(",").map((part) => part.trim()))].filter((part) => part !== "");
    if (texts.length === 0) return `${labelOf(input)}: give values with commas between them.`;
    const values: InputValue[] = [];
    for (const each of texts) {
      const choices = input.kind.case === "choice" ? input.kind.value.choices : undefined;
      if (choices && !choices.includes(each)) return `${labelOf(input)}: there is no ${each}.`;
      const { value, complaint } = readField(input, each);
      if (complaint) return `${labelOf(input)}, ${each}: ${complaint}`;
      values.push(inputValue(value));
    }
    axes.push({ name, values });
  }
  if (axes.length === 0) return "Choose what the grid runs along.";
  return { total: axes.reduce((product, { values }) => product * values.length, 1), axes };
}

function inputValue(value: InputValue["value"] | undefined): InputValue {
  return create(InputValueSchema, value ? { value } : {});
}
