import { useId, useState } from "react";
import { copyText } from "../lib/clipboard";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** A secret that is told this once: to read, and to copy with one press. */
export function Secret({
  label,
  value,
  note,
  onDone,
}: {
  label: string;
  value: string;
  note: string;
  onDone: () => void;
}) {
  const id = useId();
  const [copied, setCopied] = useState<boolean>();
  return (
    <div className="notice-in grid gap-3 rounded-xl border border-accent/50 bg-accent-wash p-4">
      <div className="flex items-start gap-3">
        <span className="rounded-lg bg-surface p-1.5 text-accent-ink max-sm:hidden">
          <Icon name="key" />
        </span>
        <div>
          <label htmlFor={id} className="font-semibold">
            {label}
          </label>
          <p className="text-ink-soft text-sm">{note}</p>
        </div>
      </div>
      <div className="flex flex-wrap gap-2">
        <input
          id={id}
          readOnly
          value={value}
          onFocus={(event) => event.target.select()}
          className="field min-w-0 flex-1 basis-64 font-mono text-sm"
        />
        <Button tone="primary" className="min-h-10" onClick={() => void copyText(value).then(setCopied)}>
          <Icon name={copied ? "check" : "copy"} className="size-4" />
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button className="min-h-10" onClick={onDone}>
          Done
        </Button>
      </div>
      <p role="status" className={copied === undefined ? "sr-only" : "text-ink-soft text-sm"}>
        {copied === true && "It is in your clipboard."}
        {copied === false && "The browser did not let us copy it: select the text and copy it yourself."}
      </p>
    </div>
  );
}
