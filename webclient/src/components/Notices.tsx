import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** Notice is a short message above the page, with at most one thing to do about it. */
export interface Notice {
  readonly tone: "good" | "bad" | "plain";
  readonly title: string;
  readonly detail?: string;
  /** What it speaks of: a newer notice of the same takes its place, so that no old one is acted on. */
  readonly about?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Shown extends Notice {
  readonly id: number;
}

const lifetime = { good: 6_000, plain: 8_000, bad: 14_000 };
const most = 3;

const NoticeContext = createContext<(notice: Notice) => void>(() => {});

/** Shows a notice; it leaves by itself. */
export function useNotify(): (notice: Notice) => void {
  return use(NoticeContext);
}

let lastId = 0;

export function NoticeProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const notify = useCallback((notice: Notice) => {
    lastId += 1;
    const next = { ...notice, id: lastId };
    // Good news replaces good news: what was booked before is on the timeline anyway.
    const lasts = ({ tone, about }: Notice) => tone !== "good" && (about === undefined || about !== notice.about);
    setShown((before) => [...before.filter(lasts).slice(1 - most), next]);
  }, []);
  const dismiss = useCallback((id: number) => setShown((before) => before.filter((notice) => notice.id !== id)), []);
  const list = useMemo(
    () => shown.map((notice) => <NoticeCard key={notice.id} notice={notice} onDismiss={dismiss} />),
    [shown, dismiss],
  );
  return (
    <NoticeContext value={notify}>
      {children}
      <section
        aria-label="Notices"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-3 bottom-3 z-50 flex flex-col items-end gap-2 sm:inset-x-6 sm:bottom-6"
      >
        {list}
      </section>
    </NoticeContext>
  );
}

const edges = { good: "bg-done", bad: "bg-failed", plain: "bg-accent" };

function NoticeCard({ notice, onDismiss }: { notice: Shown; onDismiss: (id: number) => void }) {
  const [held, setHeld] = useState(false);
  const { id, tone, title, detail, action } = notice;
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => onDismiss(id), lifetime[tone]);
    return () => clearTimeout(timer);
  }, [held, id, tone, onDismiss]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: resting the pointer here only stops the notice from leaving
    <div
      role={tone === "bad" ? "alert" : "status"}
      // Held by a hand that came to it, and not by one that rested where it appeared: what is below must become free again.
      onMouseMove={({ movementX, movementY }) => (movementX !== 0 || movementY !== 0) && setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      className="notice-in pointer-events-auto flex w-full max-w-md items-center gap-3 overflow-hidden rounded-xl border
        border-line bg-surface py-2.5 pr-2 shadow-float"
    >
      <span className={`-my-2.5 w-1.5 self-stretch ${edges[tone]}`} />
      <div className="min-w-0 flex-1 py-0.5">
        <p className="font-medium">{title}</p>
        {detail && <p className="text-ink-soft text-sm">{detail}</p>}
      </div>
      {action && (
        <Button
          tone={tone === "bad" ? "primary" : "quiet"}
          onClick={() => {
            onDismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button tone="bare" icon label="Dismiss" onClick={() => onDismiss(id)}>
        <Icon name="close" />
      </Button>
    </div>
  );
}
