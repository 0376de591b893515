import type { ReactNode } from "react";

/** A word that marks what it stands beside, such as "You"; `round` for what somebody is. */
export function Tag({ round, className = "", children }: { round?: boolean; className?: string; children: ReactNode }) {
  const shape = round ? "rounded-full px-2" : "rounded px-1.5";
  return <span className={`bg-accent-wash py-0.5 text-accent-ink text-xs ${shape} ${className}`}>{children}</span>;
}
