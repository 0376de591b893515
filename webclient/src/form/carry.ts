import type { Input } from "../gen/comfyscheduler/v1/input_pb";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { fileTextWords } from "./fileText";
import { labelOf } from "./labels";
import { defaultOf, type FormValues, rangeWords, readField } from "./values";

/** FormChange is one thing that is another in a new version of a form, in words for people. */
export interface FormChange {
  readonly name: string;
  readonly text: string;
  /** What stood in the field, where there is no place for it any more. */
  readonly lost?: string;
}

/** A form in one of its versions. */
type Form = Pick<Workflow, "inputs">;

/**
 * What was typed into one version of a form, taken over into another: what still fits is kept, texts in any case, and what has
 * no field any more stays in `values` in case it comes back. `before` may be unknown.
 */
export function carried(
  typed: FormValues,
  before: Form | undefined,
  after: Form,
): { values: FormValues; changes: FormChange[] } {
  const values: Record<string, string | boolean> = { ...typed };
  const changes: FormChange[] = [];
  const now = new Map(after.inputs.map((input) => [input.name, input]));
  const then = new Map((before?.inputs ?? []).map((input) => [input.name, input]));
  for (const input of after.inputs) {
    const { name } = input;
    const value = typed[name];
    const old = then.get(name);
    if (value !== undefined && !fits(value, input, old)) {
      delete values[name];
      changes.push({
        name,
        text: `${quoted(input)}: “${fileTextWords(String(value))}” does not fit any more.${limits(input)}${instead(input)}`,
        lost: String(value),
      });
    } else if (before && !old) changes.push({ name, text: `${quoted(input)} is new.` });
    else if (old && differs(old, input)) changes.push({ name, text: `${quoted(input)} ${difference(old, input)}` });
  }
  for (const [name, value] of Object.entries(typed)) {
    const old = then.get(name);
    if (!now.has(name) && value !== "")
      changes.push({ name, text: `${quoted(old ?? { name, label: "" })} is gone.`, lost: String(value) });
  }
  for (const old of before?.inputs ?? [])
    if (!now.has(old.name) && typed[old.name] === undefined)
      changes.push({ name: old.name, text: `${quoted(old)} is gone.` });
  return { values, changes };
}

function fits(value: string | boolean, input: Input, old: Input | undefined): boolean {
  if (input.kind.case === "text") return typeof value === "string";
  if (input.kind.case === "boolean") return typeof value === "boolean";
  if (typeof value === "boolean") return false;
  if (input.kind.case === "choice") {
    // What a list was cut of is taken too.
    const wasListed = old?.kind.case !== "choice" || old.kind.value.choices.includes(value);
    return value === "" ? input.optional : input.kind.value.choices.includes(value) || !wasListed;
  }
  // A half-typed number stays half typed.
  const half = old !== undefined && readField(old, value).complaint !== undefined;
  return half || readField(input, value).complaint === undefined;
}

function differs(a: Input, b: Input): boolean {
  return (
    a.kind.case !== b.kind.case ||
    limits(a) !== limits(b) ||
    defaultOf(a) !== defaultOf(b) ||
    choicesOf(a) !== choicesOf(b)
  );
}

function difference(a: Input, b: Input): string {
  if (a.kind.case !== b.kind.case) return "takes another kind of value.";
  if (choicesOf(a) !== choicesOf(b)) return "has other choices.";
  if (limits(a) !== limits(b)) return limits(b) === "" ? "has no limits any more." : `has other limits.${limits(b)}`;
  return `is “${defaultOf(b)}” unless it is set.`;
}

function choicesOf({ kind }: Input): string {
  return kind.case === "choice" ? kind.value.choices.join("\n") : "";
}

function limits({ kind }: Input): string {
  const words = kind.case === "integer" || kind.case === "number" ? rangeWords(kind.value) : "";
  return words === "" ? "" : ` ${words}`;
}

function instead(input: Input): string {
  const value = defaultOf(input);
  return value === "" ? "" : ` It is “${value}” now.`;
}

function quoted(input: Pick<Input, "label" | "name">): string {
  return `“${labelOf(input)}”`;
}
