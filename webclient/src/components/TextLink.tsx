import type { ReactNode } from "react";
import { Link } from "react-router";

/** A link to another page within a text. */
export function TextLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Link to={to} className="text-accent-ink underline">
      {children}
    </Link>
  );
}
