import type { ReactNode } from "react";

/** What went wrong, in a line below what it is about. */
export function Complaint({ className = "", children }: { className?: string; children: ReactNode }) {
  return (
    <p role="alert" className={`font-medium text-failed-ink text-sm ${className}`}>
      {children}
    </p>
  );
}
