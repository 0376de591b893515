import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";

const tones = {
  plain: "bg-sunken text-ink-soft",
  good: "bg-done-wash text-done-ink",
  busy: "bg-running-wash text-running-ink",
  bad: "bg-failed-wash text-failed-ink",
};

/** A word or two about what they stand beside, with a drawing. */
export function Badge(props: { tone?: keyof typeof tones; icon?: IconName; title?: string; children: ReactNode }) {
  const { tone = "plain", icon, title, children } = props;
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs ${tones[tone]}`}
    >
      {icon && <Icon name={icon} className="size-3.5 shrink-0" />}
      {children}
    </span>
  );
}
