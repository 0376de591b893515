import { create } from "@bufbuild/protobuf";
import {
  FileKind,
  type FileValue,
  FileValueSchema,
  type Input,
  InputRole,
  type InputValue,
  InputValueSchema,
} from "../gen/comfyscheduler/v1/input_pb";
import type { Job } from "../gen/comfyscheduler/v1/job_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { assetIdOf, assetText, isUploading, notThereYet } from "./fileText";

/** FormValues is what stands in the fields, by the input's name, as text until it is read: half-typed numbers are no numbers yet. */
export type FormValues = Readonly<Record<string, string | boolean>>;

/** Inputs are the values of a booking, by the input's name. */
export type Inputs = Record<string, InputValue>;

/** InputChange is what of a booking's inputs becomes another. */
export interface InputChange {
  readonly inputs: Inputs;
  /** Names of inputs that get their default, or a new random seed. */
  readonly resetInputs: string[];
}

/** Complaints by the input's name. */
export type FieldErrors = ReadonlyMap<string, string>;

/** The input of the workflow that has this role; a workflow may have none. */
export function inputFor(workflow: Workflow | undefined, role: InputRole): Input | undefined {
  return workflow?.inputs.find((input) => input.role === role);
}

/** Whether the workflow has a prompt and the field for it is blank. */
export function lacksPrompt(values: FormValues, workflow: Workflow | undefined): boolean {
  const prompt = inputFor(workflow, InputRole.PROMPT);
  return prompt !== undefined && String(values[prompt.name] ?? "").trim() === "";
}

/** The fields of a new booking: the workflow's defaults. */
export function emptyValues(workflow: Workflow | undefined): FormValues {
  return Object.fromEntries((workflow?.inputs ?? []).map((input) => [input.name, defaultOf(input)]));
}

/** What stands in the field of an input until somebody changes it. */
export function defaultOf({ kind, optional }: Input): string | boolean {
  switch (kind.case) {
    case "boolean":
      return kind.value.default ?? false;
    case "choice":
      return kind.value.default ?? (optional ? "" : (kind.value.choices[0] ?? ""));
    case "integer":
    case "number":
    case "text":
    case "file":
      return String(kind.value.default ?? "");
    default:
      return "";
  }
}

/** The fields that show what a job was booked with. */
export function valuesOf(job: Job): FormValues {
  return Object.fromEntries(Object.entries(job.inputs).map(([name, { value }]) => [name, fieldOf(value)]));
}

function fieldOf(value: InputValue["value"]): string | boolean {
  switch (value.case) {
    case "boolean":
      return value.value;
    case "file":
      return fileTextOf(value.value);
    default:
      return String(value.value ?? "");
  }
}

/** What stands in the field of a file. */
function fileTextOf({ source }: FileValue): string {
  return source.case === "assetId" ? assetText(source.value) : (source.value ?? "");
}

/** Reads the fields. Every complaint is collected, so that one round is enough. */
export function readValues(
  values: FormValues,
  workflow: Workflow,
): { inputs: Inputs; errors?: undefined } | { inputs?: undefined; errors: FieldErrors } {
  const errors = new Map<string, string>();
  const inputs: Inputs = {};
  for (const input of workflow.inputs) {
    const { value, complaint } = readField(input, values[input.name] ?? "");
    if (complaint) errors.set(input.name, complaint);
    if (value) inputs[input.name] = create(InputValueSchema, { value });
  }
  return errors.size > 0 ? { errors } : { inputs };
}

/** A field that was read: neither a value nor a complaint where it is left open. */
export interface Read {
  readonly value?: InputValue["value"];
  readonly complaint?: string;
}

/** Reads one field. */
export function readField({ kind, role, optional }: Input, field: string | boolean): Read {
  const typed = String(field);
  const text = typed.trim();
  if (optional && text === "") return {};
  switch (kind.case) {
    case "boolean":
      return { value: { case: "boolean", value: field === true } };
    case "integer":
      return readInteger(text, kind.value);
    case "number":
      return readNumber(text, kind.value);
    case "seed":
      return readSeed(text, kind.value);
    case "text": {
      if (text === "" && role === InputRole.PROMPT) return { complaint: "Describe what you want." };
      const { maxBytes } = kind.value;
      if (maxBytes > 0 && byteLength(typed) > maxBytes)
        return { complaint: `Too long: ${sizeWords(maxBytes)} at most.` };
      return { value: { case: "text", value: typed } };
    }
    case "choice":
      return { value: { case: "text", value: typed } };
    case "file":
      if (text === "") return { complaint: `Choose a ${fileWords[kind.value.kind]}.` };
      if (isUploading(text)) return { complaint: notThereYet };
      return { value: { case: "file", value: fileValue(typed) } };
    default:
      return {};
  }
}

/** What a kind of file is called within a sentence. */
export const fileWords: Record<FileKind, string> = {
  [FileKind.UNSPECIFIED]: "file",
  [FileKind.IMAGE]: "picture",
  [FileKind.MASK]: "mask",
  [FileKind.VIDEO]: "video",
  [FileKind.AUDIO]: "sound",
  [FileKind.MODEL_3D]: "3D model",
  [FileKind.WORKFLOW]: "workflow",
};

function fileValue(text: string) {
  const assetId = assetIdOf(text);
  return create(FileValueSchema, {
    source: assetId === undefined ? { case: "inputFile", value: text } : { case: "assetId", value: assetId },
  });
}

function readInteger(text: string, range: { min?: bigint; max?: bigint }): Read {
  if (!/^[-+]?\d+$/.test(text)) return { complaint: "A whole number, please." };
  const value = BigInt(text);
  return within(value, range) ? { value: { case: "integer", value } } : { complaint: rangeWords(range) };
}

function readNumber(text: string, range: { min?: number; max?: number }): Read {
  const value = Number(text.replace(",", "."));
  if (text === "" || !Number.isFinite(value)) return { complaint: "A number, please." };
  return within(value, range) ? { value: { case: "number", value } } : { complaint: rangeWords(range) };
}

/** An open seed is drawn by the server. */
function readSeed(digits: string, { min, max }: { min: bigint; max: bigint }): Read {
  if (digits === "") return {};
  if (!/^\d+$/.test(digits)) return { complaint: "A whole number, or empty for a random one." };
  const value = BigInt(digits);
  return within(value, { min, max }) ? { value: { case: "seed", value } } : { complaint: rangeWords({ min, max }) };
}

type Range<T> = { readonly min?: T | undefined; readonly max?: T | undefined };

function within<T extends number | bigint>(value: T, { min, max }: Range<T>): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

/** The range of a number in words; empty when any will do. */
export function rangeWords({ min, max }: Range<number | bigint>): string {
  if (min !== undefined && max !== undefined) return `From ${min} to ${max}.`;
  if (min !== undefined) return `At least ${min}.`;
  return max === undefined ? "" : `At most ${max}.`;
}

function sizeWords(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes.toLocaleString()} bytes`;
}

/** How long a text is in UTF-8, as the server counts. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

const same = (a: FormValues, b: FormValues, name: string) => (a[name] ?? "") === (b[name] ?? "");
const namesOf = (...forms: FormValues[]) => [...new Set(forms.flatMap(Object.keys))];

/** Whether two forms hold the same. An open field is the same as none. */
export function sameValues(a: FormValues, b: FormValues): boolean {
  return namesOf(a, b).every((name) => same(a, b, name));
}

/** The form that goes on from `current` with what was typed since `base`: a field that was left alone follows. */
export function rebased(typed: FormValues, base: FormValues, current: FormValues): FormValues {
  const names = namesOf(current, typed);
  return Object.fromEntries(
    names.map((name) => [name, (same(typed, base, name) ? current[name] : typed[name]) ?? ""] as const),
  );
}

/** Of the inputs that were read from `values`, those that differ from `base`: nothing else is sent. */
export function changedInputs(inputs: Inputs, values: FormValues, base: FormValues): InputChange {
  const changed = namesOf(values, base).filter((name) => !same(values, base, name));
  return {
    inputs: Object.fromEntries(Object.entries(inputs).filter(([name]) => changed.includes(name))),
    resetInputs: changed.filter((name) => inputs[name] === undefined),
  };
}
