import { type Parameter, ParameterKind } from "../gen/comfyscheduler/v1/workflow_pb";
import { Field } from "./Field";
import { rangeWords } from "./values";

/** One value of the workflow, in the input that fits its kind. */
export function ParameterField({
  parameter,
  value,
  error,
  onChange,
}: {
  parameter: Parameter;
  value: string | boolean;
  error: string | undefined;
  onChange: (value: string | boolean) => void;
}) {
  const label = parameter.title || parameter.name;
  if (parameter.kind === ParameterKind.BOOLEAN) {
    return (
      <label className="flex items-center gap-2.5 self-end py-2 font-medium text-sm">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
          className="size-4.5 accent-accent"
        />
        {label}
      </label>
    );
  }
  const text = String(value);
  const numeric = parameter.kind === ParameterKind.INTEGER || parameter.kind === ParameterKind.NUMBER;
  return (
    <Field
      label={label}
      error={error}
      hint={numeric ? rangeWords(parameter) : undefined}
      className={parameter.kind === ParameterKind.TEXT ? "col-span-full" : ""}
    >
      {(attributes) =>
        parameter.kind === ParameterKind.CHOICE ? (
          <select {...attributes} value={text} onChange={(event) => onChange(event.target.value)} className="field">
            {parameter.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : (
          <input
            {...attributes}
            type={numeric ? "number" : "text"}
            // Whatever is typed is kept and judged by readValues, which says more than the browser does.
            step={parameter.step > 0 ? parameter.step : "any"}
            min={parameter.min}
            max={parameter.max}
            value={text}
            onChange={(event) => onChange(event.target.value)}
            className="field"
          />
        )
      }
    </Field>
  );
}
