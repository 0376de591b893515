import { create } from "@bufbuild/protobuf";
import { type Job, type ParameterValue, ParameterValueSchema } from "../gen/comfyscheduler/v1/job_pb";
import { type Parameter, ParameterKind, type Workflow } from "../gen/comfyscheduler/v1/workflow_pb";

/** FormValues is what stands in the fields, as text until it is read: half-typed numbers are no numbers yet. */
export interface FormValues {
  readonly prompt: string;
  /** Decimal digits; empty for a random seed. */
  readonly seed: string;
  readonly parameters: Readonly<Record<string, string | boolean>>;
}

/** Settings is a form that was read without complaint. */
export interface Settings {
  readonly prompt: string;
  readonly seed?: bigint;
  readonly parameters: Record<string, ParameterValue>;
}

/** Complaints by field: "prompt", "seed", or "parameters.<name>". */
export type FieldErrors = ReadonlyMap<string, string>;

/** The longest prompt, in bytes of UTF-8. */
export const promptLimit = 16_384;

/** The fields of a new booking: the workflow's defaults. */
export function emptyValues(workflow: Workflow | undefined): FormValues {
  const defaults = (workflow?.parameters ?? []).map(({ name, default: value }) => [name, fieldOf(value)] as const);
  return { prompt: "", seed: "", parameters: Object.fromEntries(defaults) };
}

/** The fields that show what a job was booked with. */
export function valuesOf(job: Job): FormValues {
  const parameters = Object.entries(job.parameters).map(([name, value]) => [name, fieldOf(value)] as const);
  return { prompt: job.prompt, seed: job.seed.toString(), parameters: Object.fromEntries(parameters) };
}

function fieldOf(value: ParameterValue | undefined): string | boolean {
  const known = value?.value;
  if (known?.case === "boolean") return known.value;
  return known?.value === undefined ? "" : String(known.value);
}

/** Reads the fields. Every complaint is collected, so that one round is enough. */
export function readValues(
  values: FormValues,
  workflow: Workflow,
): { settings: Settings; errors?: undefined } | { settings?: undefined; errors: FieldErrors } {
  const errors = new Map<string, string>();
  if (values.prompt.trim() === "") errors.set("prompt", "Describe the picture.");
  else if (byteLength(values.prompt) > promptLimit) errors.set("prompt", "Too long: 16 KiB at most.");

  const seed = readSeed(values.seed, workflow, errors);
  const parameters: Record<string, ParameterValue> = {};
  for (const parameter of workflow.parameters) {
    const value = readParameter(parameter, values.parameters[parameter.name] ?? "", errors);
    if (value) parameters[parameter.name] = create(ParameterValueSchema, { value });
  }
  if (errors.size > 0) return { errors };
  return { settings: { prompt: values.prompt, parameters, ...(seed !== undefined && { seed }) } };
}

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function readSeed(text: string, { seedMin, seedMax }: Workflow, errors: Map<string, string>): bigint | undefined {
  const digits = text.trim();
  if (digits === "") return undefined;
  if (!/^\d+$/.test(digits)) {
    errors.set("seed", "A whole number, or empty for a random one.");
    return undefined;
  }
  const seed = BigInt(digits);
  if (seed < seedMin || seed > seedMax) errors.set("seed", `From ${seedMin} to ${seedMax}.`);
  return seed;
}

function readParameter(
  parameter: Parameter,
  field: string | boolean,
  errors: Map<string, string>,
): ParameterValue["value"] | undefined {
  const complain = (message: string) => void errors.set(`parameters.${parameter.name}`, message);
  const text = String(field).trim();
  switch (parameter.kind) {
    case ParameterKind.BOOLEAN:
      return { case: "boolean", value: field === true };
    case ParameterKind.INTEGER:
      if (!/^[-+]?\d+$/.test(text)) return complain("A whole number, please.");
      if (!within(Number(text), parameter)) return complain(rangeWords(parameter));
      return { case: "integer", value: BigInt(text) };
    case ParameterKind.NUMBER: {
      const value = Number(text.replace(",", "."));
      if (text === "" || !Number.isFinite(value)) return complain("A number, please.");
      if (!within(value, parameter)) return complain(rangeWords(parameter));
      return { case: "number", value };
    }
    default:
      return { case: "text", value: String(field) };
  }
}

function within(value: number, { min, max }: Parameter): boolean {
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY);
}

/** The range of a number in words; empty when any will do. */
export function rangeWords({ min, max }: Parameter): string {
  if (min !== undefined && max !== undefined) return `From ${min} to ${max}.`;
  if (min !== undefined) return `At least ${min}.`;
  return max === undefined ? "" : `At most ${max}.`;
}

/** Whether two forms hold the same. */
export function sameValues(a: FormValues, b: FormValues): boolean {
  const names = new Set([...Object.keys(a.parameters), ...Object.keys(b.parameters)]);
  return (
    a.prompt === b.prompt && a.seed === b.seed && [...names].every((name) => a.parameters[name] === b.parameters[name])
  );
}

/** The form that goes on from `current` with what was typed since `base`: a field that was left alone follows. */
export function rebased(typed: FormValues, base: FormValues, current: FormValues): FormValues {
  const pick = <T>(mine: T, before: T, now: T) => (mine === before ? now : mine);
  const names = Object.keys({ ...current.parameters, ...typed.parameters });
  const parameters = names.map(
    (name) => [name, pick(typed.parameters[name], base.parameters[name], current.parameters[name]) ?? ""] as const,
  );
  return {
    prompt: pick(typed.prompt, base.prompt, current.prompt),
    seed: pick(typed.seed, base.seed, current.seed),
    parameters: Object.fromEntries(parameters),
  };
}
