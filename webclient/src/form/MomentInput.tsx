import type { InputHTMLAttributes } from "react";
import { fromLocalField, toLocalField } from "./localTime";

type Attributes = Omit<InputHTMLAttributes<HTMLInputElement>, "type" | "value" | "step" | "onChange">;

/**
 * MomentInput is a field for date and time in the viewer's zone. It shows whole seconds, or minutes where seconds do not matter; the
 * moment keeps what is not shown until somebody edits it. While the field is incomplete, nothing is told.
 */
export function MomentInput({
  at,
  to,
  onChange,
  ...attributes
}: Attributes & {
  /** Milliseconds since the Unix epoch. */
  at: number;
  to: "second" | "minute";
  onChange: (at: number) => void;
}) {
  return (
    <input
      {...attributes}
      type="datetime-local"
      step={to === "second" ? 1 : 60}
      value={toLocalField(at)}
      onChange={({ target }) => {
        const edited = fromLocalField(target.value);
        if (edited !== undefined) onChange(edited);
      }}
    />
  );
}
