import type { KeyboardEvent, RefObject } from "react";
import { Field } from "./Field";
import type { InputFieldProps } from "./inputProps";
import { labelOf } from "./labels";
import { byteLength } from "./values";

/** The text that describes what is wanted: the largest field of a form. */
export function PromptField(
  props: InputFieldProps & {
    fieldRef?: RefObject<HTMLTextAreaElement | null> | undefined;
    hint?: string | undefined;
    onKey?: ((event: KeyboardEvent<HTMLTextAreaElement>) => void) | undefined;
  },
) {
  const { input, value, error, onChange, fieldRef, hint, onKey } = props;
  const text = String(value);
  const { maxBytes = 0, example = "" } = input.kind.case === "text" ? input.kind.value : {};
  const bytes = byteLength(text);
  const nearlyFull = maxBytes > 0 && bytes > maxBytes * 0.9;
  return (
    <Field
      className="sm:flex sm:flex-1 sm:flex-col"
      label={labelOf(input)}
      error={error}
      hint={nearlyFull ? `${bytes.toLocaleString()} of ${maxBytes.toLocaleString()} bytes` : hint || input.help}
    >
      {(attributes) => (
        <textarea
          {...attributes}
          ref={fieldRef}
          rows={5}
          dir="auto"
          onKeyDown={onKey}
          value={text}
          placeholder={example ? `For example: ${example}` : "Describe what you want"}
          onChange={(event) => onChange(event.target.value)}
          className="field min-h-20 sm:flex-1 max-sm:h-26 resize-y leading-relaxed"
        />
      )}
    </Field>
  );
}
