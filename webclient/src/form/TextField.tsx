import { Field } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";

/** Text, of one line or of several. */
export function TextField(props: InputFieldProps) {
  const { input, value, onChange } = props;
  const { multiline = false, example = "" } = input.kind.case === "text" ? input.kind.value : {};
  const field = {
    dir: "auto",
    value: String(value),
    placeholder: example,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  } as const;
  return (
    <Field {...fieldOf(props)} className="col-span-full">
      {(attributes) =>
        multiline ? (
          <textarea {...attributes} {...field} rows={3} className="field resize-y leading-relaxed" />
        ) : (
          <input {...attributes} {...field} className="field" />
        )
      }
    </Field>
  );
}
