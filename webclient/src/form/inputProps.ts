import type { Input } from "../gen/comfyscheduler/v1/input_pb";
import { labelOf } from "./labels";
import { defaultOf } from "./values";

/** InputFieldProps are one input of a workflow and what stands in its field. */
export interface InputFieldProps {
  readonly input: Input;
  readonly value: string | boolean;
  readonly error: string | undefined;
  /** Of a mask: what stands in the field of the picture that it is for. */
  readonly picture?: string | undefined;
  readonly onChange: (value: string | boolean) => void;
}

/** What the label of an input's field says and does. */
export function fieldOf({ input, value, error, onChange }: InputFieldProps) {
  const usual = defaultOf(input);
  return {
    label: labelOf(input),
    optional: input.optional && input.kind.case !== "boolean",
    error,
    hint: input.help || undefined,
    onReset: value === usual ? undefined : () => onChange(usual),
  };
}
