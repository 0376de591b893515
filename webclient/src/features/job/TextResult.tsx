import { useLayoutEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { copyText } from "../../lib/clipboard";

/** For so long, in milliseconds, a copy is told. */
const told = 2_000;

/** A text that a job has made, to read and to copy. A long one opens when it is wanted. */
export function TextResult({ text }: { text: string }) {
  const body = useRef<HTMLPreElement>(null);
  const [long, setLong] = useState(false);
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState(false);
  useLayoutEffect(() => {
    const { scrollHeight = 0, clientHeight = 0 } = body.current ?? {};
    setLong(scrollHeight > clientHeight + 1);
  }, []);
  const copy = async () => {
    await copyText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), told);
  };
  return (
    <section aria-label="Text" className="overflow-hidden rounded-xl border border-line bg-raised">
      <header className="flex items-center gap-2 border-line border-b py-1 pr-1.5 pl-3">
        <Icon name="text" className="size-4 text-ink-faint" />
        <h3 className="flex-1 font-medium text-ink-soft text-xs">Text</h3>
        <Button tone="bare" onClick={() => void copy()} className="min-h-8 px-2.5">
          <Icon name={copied ? "check" : "copy"} className="size-4" />
          <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
        </Button>
      </header>
      <pre
        ref={body}
        dir="auto"
        className={`whitespace-pre-wrap px-3.5 py-3 font-sans text-[0.9375rem] leading-relaxed [overflow-wrap:anywhere] ${
          open ? "" : "max-h-64 overflow-hidden"
        }`}
      >
        {text}
      </pre>
      {(long || open) && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="block w-full border-line border-t px-3 py-2 text-center font-medium text-accent-ink text-sm hover:bg-sunken"
        >
          {open ? "Less" : "All of it"}
        </button>
      )}
    </section>
  );
}
