import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { defaultOf, readField } from "../../form/values";
import {
  type Input,
  type InputEditSchema,
  InputRole,
  InputSchema,
  InputValueSchema,
} from "../../gen/comfyscheduler/v1/input_pb";

/** Patch is what somebody changed of an input; what is absent stays. Limits are text as they are typed, empty for ComfyUI's own. */
export interface Patch {
  readonly label?: string;
  readonly help?: string;
  readonly hidden?: boolean;
  readonly optional?: boolean;
  readonly role?: InputRole;
  readonly min?: string;
  readonly max?: string;
  readonly default?: string | boolean;
  /** None for all that ComfyUI offers. */
  readonly choices?: readonly string[];
  /** Forget what was changed before. */
  readonly reset?: boolean;
}

/** FormDraft is a form being edited: inputs in their new order, and what was changed of each. */
export interface FormDraft {
  readonly order: readonly string[];
  readonly patches: Readonly<Record<string, Patch>>;
}

type Edit = MessageInitShape<typeof InputEditSchema>;

export function draftOf(inputs: readonly Input[]): FormDraft {
  return { order: [...shownFirst(inputs)].map(({ name }) => name), patches: {} };
}

/** The draft on another version of the form: what is gone is forgotten, what is new comes last. */
export function rebased(draft: FormDraft, inputs: readonly Input[]): FormDraft {
  const names = new Set(inputs.map(({ name }) => name));
  const order = draft.order.filter((name) => names.has(name));
  const added = draftOf(inputs).order.filter((name) => !draft.order.includes(name));
  const patches = Object.fromEntries(Object.entries(draft.patches).filter(([name]) => names.has(name)));
  return { order: [...order, ...added], patches };
}

/** Those that are shown, then those that are not. */
function shownFirst(inputs: readonly Input[]): readonly Input[] {
  return [...inputs.filter(({ hidden }) => !hidden), ...inputs.filter(({ hidden }) => hidden)];
}

/** The draft with something of an input changed. What is as it was is no change. */
export function patched(draft: FormDraft, input: Input, change: Patch): FormDraft {
  const all = { ...draft.patches[input.name], ...change };
  const kept = Object.fromEntries(
    Object.entries(all).filter(([key, value]) => value !== undefined && !isAsBefore(input, key as keyof Patch, value)),
  );
  const { [input.name]: _, ...others } = draft.patches;
  return { ...draft, patches: Object.keys(kept).length > 0 ? { ...others, [input.name]: kept } : others };
}

function isAsBefore(input: Input, key: keyof Patch, value: unknown): boolean {
  switch (key) {
    case "reset":
      return value === false;
    case "min":
    case "max":
      return value === boundOf(input, key);
    case "default":
      return value === defaultOf(input);
    case "choices":
      return input.kind.case === "choice" && String(input.kind.value.choices) === String(value);
    default:
      return value === input[key];
  }
}

/** A limit of a number as text; empty when there is none. */
export function boundOf({ kind }: Input, bound: "min" | "max"): string {
  return kind.case === "integer" || kind.case === "number" ? String(kind.value[bound] ?? "") : "";
}

/** The draft with an input at another place. */
export function moved(draft: FormDraft, from: number, to: number): FormDraft {
  const order = [...draft.order];
  const [name] = order.splice(from, 1);
  if (name === undefined) return draft;
  order.splice(Math.max(0, Math.min(order.length, to)), 0, name);
  return { ...draft, order };
}

/** The inputs as they would be. Of two with one role the one that was just given it keeps it, as on the server. */
export function preview(inputs: readonly Input[], { order, patches }: FormDraft): Input[] {
  const taken = new Set<InputRole>(Object.values(patches).flatMap(({ role }) => (role ? [role] : [])));
  const known = new Map(inputs.map((input) => [input.name, input]));
  return order.flatMap((name) => {
    const input = known.get(name);
    if (!input) return [];
    const patch = patches[name] ?? {};
    const next = applied(input, patch);
    if (patch.role === undefined && taken.has(next.role)) next.role = InputRole.UNSPECIFIED;
    return [next];
  });
}

function applied(input: Input, patch: Patch): Input {
  const next = clone(InputSchema, input);
  if (patch.label !== undefined) next.label = patch.label;
  if (patch.help !== undefined) next.help = patch.help;
  if (patch.hidden !== undefined) next.hidden = patch.hidden;
  if (patch.optional !== undefined) next.optional = patch.optional;
  if (patch.role !== undefined) next.role = patch.role;
  const { kind } = next;
  for (const bound of ["min", "max"] as const) {
    const text = patch[bound]?.trim();
    if (!text || Number.isNaN(Number(text))) continue;
    if (kind.case === "integer" && /^[-+]?\d+$/.test(text)) kind.value[bound] = BigInt(text);
    if (kind.case === "number") kind.value[bound] = Number(text);
  }
  if (kind.case === "choice" && patch.choices && patch.choices.length > 0) kind.value.choices = [...patch.choices];
  const value = patch.default === undefined ? undefined : readField(input, patch.default).value;
  if (value?.case === "integer" && kind.case === "integer") kind.value.default = value.value;
  if (value?.case === "number" && kind.case === "number") kind.value.default = value.value;
  if (value?.case === "boolean" && kind.case === "boolean") kind.value.default = value.value;
  if (value?.case === "text" && (kind.case === "text" || kind.case === "choice")) kind.value.default = value.value;
  return next;
}

/** What to ask of the server: nothing that stays as it is. */
export function editsOf(inputs: readonly Input[], draft: FormDraft): { inputs: Edit[]; order: string[] } {
  const known = new Map(inputs.map((input) => [input.name, input]));
  const edits = Object.entries(draft.patches).flatMap(([name, patch]) => {
    const input = known.get(name);
    return input ? [editOf(input, patch)] : [];
  });
  return { inputs: edits, order: reordered(inputs, draft) ? [...draft.order] : [] };
}

function editOf(input: Input, patch: Patch): Edit {
  const { default: value, choices, min, max, label, ...rest } = patch;
  const read = value === undefined ? undefined : readField({ ...input, optional: false }, value).value;
  return {
    name: input.name,
    ...rest,
    // Without a label an input has its name: that is said by none.
    ...(label?.trim() && { label: label.trim() }),
    ...(min !== undefined && { min: min.trim() }),
    ...(max !== undefined && { max: max.trim() }),
    ...(choices && { choices: { choices: [...choices] } }),
    ...(read && { default: create(InputValueSchema, { value: read }) }),
  };
}

function reordered(inputs: readonly Input[], draft: FormDraft): boolean {
  return String(draft.order) !== String(draftOf(inputs).order);
}

/** Whether there is anything to save. */
export function isDirty(inputs: readonly Input[], draft: FormDraft): boolean {
  return Object.keys(draft.patches).length > 0 || reordered(inputs, draft);
}
