import type { InputHTMLAttributes, RefObject } from "react";
import { Icon } from "./Icon";

/** A field to find things by words. */
export function SearchField(
  props: InputHTMLAttributes<HTMLInputElement> & {
    label: string;
    fieldRef?: RefObject<HTMLInputElement | null>;
    onWords: (words: string) => void;
  },
) {
  const { label, fieldRef, onWords, className = "", ...rest } = props;
  return (
    <div className={`relative ${className}`}>
      <Icon name="search" className="pointer-events-none absolute top-2.5 left-3 size-5 text-ink-faint" />
      <input
        ref={fieldRef}
        type="search"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onWords(event.target.value)}
        {...rest}
        className="field pl-10"
      />
    </div>
  );
}
