import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../components/Icon";

/** FieldProps label an input and carry what is wrong with it. */
export interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly className?: string;
  /** Stands beside the label: a range, say. */
  readonly aside?: ReactNode;
  readonly optional?: boolean | undefined;
  /** Takes the field back to what it holds by default; absent where it does. */
  readonly onReset?: (() => void) | undefined;
  /** Draws the input; its attributes tie it to the label and to the message. */
  readonly children: (attributes: FieldAttributes) => ReactNode;
}

/** FieldAttributes tie an input to its label and to its message. */
export interface FieldAttributes {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
}

export function Field({ label, hint, error, className = "", aside, optional, onReset, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={`min-w-0 ${className}`}>
      <div className="mb-1 flex min-h-5 items-baseline gap-1.5 text-sm">
        <label htmlFor={id} className="min-w-0 font-medium [overflow-wrap:anywhere]">
          {label}
        </label>
        {optional && <span className="text-ink-faint text-xs">optional</span>}
        {(aside || onReset) && (
          <span className="ml-auto flex shrink-0 items-center gap-1 whitespace-nowrap text-ink-faint text-xs">
            {aside}
            {onReset && <ResetButton label={label} onReset={onReset} />}
          </span>
        )}
      </div>
      {children({ id, "aria-invalid": error !== undefined, "aria-describedby": note ? `${id}-note` : undefined })}
      {error ? (
        <p id={`${id}-note`} className="mt-1 font-medium text-failed-ink text-xs">
          {error}
        </p>
      ) : (
        hint && <Hint id={`${id}-note`}>{hint}</Hint>
      )}
    </div>
  );
}

/** Takes one field back to its default. */
export function ResetButton({ label, onReset }: { label: string; onReset: () => void }) {
  return (
    <button
      type="button"
      title="Back to the default"
      onClick={onReset}
      className="-my-1 rounded p-1 text-ink-faint hover:bg-sunken hover:text-ink"
    >
      <Icon name="undo" className="size-3.5" />
      <span className="sr-only">Reset {label}</span>
    </button>
  );
}

/** What a value does. ComfyUI's own texts can be long: two lines of them are enough at first. */
function Hint({ id, children }: { id: string; children: string }) {
  const text = useRef<HTMLParagraphElement>(null);
  const [long, setLong] = useState(false);
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text may need another number of lines
  useLayoutEffect(() => {
    const { scrollHeight = 0, clientHeight = 0 } = text.current ?? {};
    if (!open) setLong(scrollHeight > clientHeight + 1);
  }, [children, open]);
  return (
    <div className="mt-1 text-ink-faint text-xs">
      <p ref={text} id={id} className={open ? "" : "line-clamp-2"}>
        {children}
      </p>
      {long && (
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen(!open)}
          className="rounded font-medium text-accent-ink hover:underline"
        >
          {open ? "Less" : "More"}
        </button>
      )}
    </div>
  );
}
