import type { Input } from "../gen/comfyscheduler/v1/input_pb";
import { Field } from "./Field";
import { rangeWords } from "./values";

/** InputFieldProps are one input of a workflow and what stands in its field. */
export interface InputFieldProps {
  readonly input: Input;
  readonly value: string | boolean;
  readonly error: string | undefined;
  readonly onChange: (value: string | boolean) => void;
}

/** One value of the workflow, in the field that fits its kind. */
export function InputField({ input, value, error, onChange }: InputFieldProps) {
  const { kind } = input;
  const label = labelOf(input);
  const text = String(value);
  switch (kind.case) {
    case "boolean":
      return (
        <label title={input.help || undefined} className="flex items-center gap-2.5 self-end py-2 font-medium text-sm">
          <input
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            className="size-4.5 accent-accent"
          />
          {label}
        </label>
      );
    case "choice": {
      // A long list is cut: what a job was booked with may not be in it.
      const { choices } = kind.value;
      const shown = text === "" || choices.includes(text) ? choices : [text, ...choices];
      return (
        <Field label={label} error={error} hint={input.help}>
          {(attributes) => (
            <select {...attributes} value={text} onChange={(event) => onChange(event.target.value)} className="field">
              {input.optional && <option value="">None</option>}
              {shown.map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          )}
        </Field>
      );
    }
    case "integer":
    case "number":
      return (
        <Field label={label} error={error} hint={rangeWords(kind.value) || input.help}>
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              // Whatever is typed is kept and judged by readValues, which says more than the browser does.
              step={kind.value.step > 0 ? String(kind.value.step) : "any"}
              min={kind.value.min?.toString()}
              max={kind.value.max?.toString()}
              value={text}
              onChange={(event) => onChange(event.target.value)}
              className="field"
            />
          )}
        </Field>
      );
    case "seed":
      return (
        <Field label={label} error={error} hint={input.help}>
          {(attributes) => (
            <input
              {...attributes}
              inputMode="numeric"
              autoComplete="off"
              value={text}
              placeholder="Random"
              onChange={(event) => onChange(event.target.value)}
              className="field"
            />
          )}
        </Field>
      );
    case "text":
      return (
        <Field label={label} error={error} hint={input.help} className="col-span-full">
          {(attributes) =>
            kind.value.multiline ? (
              <textarea
                {...attributes}
                rows={3}
                dir="auto"
                value={text}
                placeholder={kind.value.example}
                onChange={(event) => onChange(event.target.value)}
                className="field resize-y leading-relaxed"
              />
            ) : (
              <input
                {...attributes}
                dir="auto"
                value={text}
                placeholder={kind.value.example}
                onChange={(event) => onChange(event.target.value)}
                className="field"
              />
            )
          }
        </Field>
      );
    default:
      return (
        <Field label={label} error={error} hint={input.optional ? "Left out." : undefined}>
          {(attributes) => (
            <input {...attributes} disabled placeholder="Files cannot be given here yet" className="field" />
          )}
        </Field>
      );
  }
}

/** What an input is called on the page. */
export function labelOf({ label, name }: Pick<Input, "label" | "name">): string {
  return label || name;
}
