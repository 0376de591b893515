import type { ReactNode } from "react";
import { Button } from "./Button";

/** What stands below a list that is read page by page. */
export function ListEnd(props: {
  phase: "loading" | "ready" | "failed";
  error: string;
  /** Said when there is nothing at all; absent when there is something. */
  empty: ReactNode;
  moreLabel?: string;
  more: boolean;
  onMore: () => void;
}) {
  const { phase, error, empty, more, moreLabel = "Show more", onMore } = props;
  if (phase === "failed") {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-3 p-4 text-sm">
        <span className="text-failed-ink">{error}</span>
        <Button onClick={onMore}>Try again</Button>
      </div>
    );
  }
  if (phase === "loading") return <p className="p-4 text-ink-faint text-sm">Loading…</p>;
  if (more) {
    return (
      <div className="p-3 text-center">
        <Button onClick={onMore}>{moreLabel}</Button>
      </div>
    );
  }
  return empty ? <div className="px-4 py-6 text-center text-ink-soft text-sm">{empty}</div> : null;
}
