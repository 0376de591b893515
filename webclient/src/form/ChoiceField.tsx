import { Combobox } from "./Combobox";
import { Field } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";

/** Longer lists are searched. */
const glance = 12;
/** Longer choices, of characters, need a wider field. */
const narrow = 20;
/** Lists of at least this length may have been cut: what is not in them can be typed. */
const full = 500;

/** One of a list. */
export function ChoiceField(props: InputFieldProps) {
  const { input, value, onChange } = props;
  if (input.kind.case !== "choice") return null;
  // A long list is cut: what a job was booked with may not be in it.
  const { choices } = input.kind.value;
  const text = String(value);
  const shown = text === "" || choices.includes(text) ? choices : [text, ...choices];
  const className = choices.some((choice) => choice.length > narrow) ? "min-[26rem]:col-span-2" : "";
  if (choices.length > glance)
    return (
      <Field {...fieldOf(props)} className={className}>
        {(attributes) => (
          <Combobox
            attributes={attributes}
            value={text}
            choices={shown}
            free={choices.length >= full}
            none={input.optional}
            onChange={onChange}
          />
        )}
      </Field>
    );
  return (
    <Field {...fieldOf(props)} className={className}>
      {(attributes) => (
        <select {...attributes} value={text} onChange={(event) => onChange(event.target.value)} className="field">
          {(input.optional || text === "") && <option value="">None</option>}
          {shown.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
    </Field>
  );
}
