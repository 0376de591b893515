import type { ReactNode } from "react";
import { Icon } from "./Icon";

/** A link to results that are kept in one file. */
export function ZipLink({ path, children }: { path: string; children: ReactNode }) {
  return (
    <a
      href={path}
      download
      className="inline-flex min-h-9 items-center gap-1.5 text-accent-ink underline-offset-2 hover:underline"
    >
      <Icon name="download" className="size-4 shrink-0" />
      <span>{children}</span>
    </a>
  );
}
