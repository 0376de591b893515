import { useId } from "react";
import { ResetButton } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";

/** A switch. */
export function BooleanField(props: InputFieldProps) {
  const { value, error, onChange } = props;
  const { label, hint, onReset } = fieldOf(props);
  const note = useId();
  const words = error ?? hint;
  return (
    <div className="min-w-0">
      <div className="flex min-h-10 items-center gap-2 text-sm sm:mt-6">
        <label className="flex min-w-0 items-center gap-2.5 font-medium [overflow-wrap:anywhere]">
          <input
            type="checkbox"
            checked={value === true}
            aria-describedby={words ? note : undefined}
            onChange={(event) => onChange(event.target.checked)}
            className="switch"
          />
          {label}
        </label>
        {onReset && <ResetButton label={label} onReset={onReset} />}
      </div>
      {words && (
        <p id={note} className={`line-clamp-3 text-xs ${error ? "font-medium text-failed-ink" : "text-ink-faint"}`}>
          {words}
        </p>
      )}
    </div>
  );
}
