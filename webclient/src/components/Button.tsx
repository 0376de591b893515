import type { ButtonHTMLAttributes } from "react";

const tones = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong shadow-card",
  quiet: "border border-line-strong bg-surface text-ink hover:bg-raised",
  danger: "border border-failed/60 bg-surface text-failed-ink hover:bg-failed-wash",
  bare: "text-ink-soft hover:bg-sunken hover:text-ink",
};

/** ButtonProps are a button's own attributes and its looks. */
export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: keyof typeof tones;
  /** Square, for an icon alone; `label` then names it. */
  readonly icon?: boolean;
  readonly label?: string;
  readonly large?: boolean;
}

export function Button({ tone = "quiet", icon, label, large, className = "", ...rest }: ButtonProps) {
  const size = icon ? "size-9 shrink-0" : large ? "min-h-12 px-6 text-base" : "min-h-9 px-3.5 text-sm";
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium transition-colors
        disabled:cursor-not-allowed disabled:opacity-55 ${size} ${tones[tone]} ${className}`}
      {...rest}
    />
  );
}
