import type { ReactNode } from "react";

/** The frame of whatever stands between a visitor and the timeline. */
export function DoorCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex w-full max-w-md flex-1 flex-col justify-center p-3 py-8 sm:p-6 sm:pb-24">
      <title>{`${title} · ComfyScheduler`}</title>
      <div className="card grid gap-5 p-5 sm:p-7">
        <div className="grid gap-4">
          <img src="/icon.svg" alt="" className="size-11" />
          <h1 className="font-semibold text-2xl tracking-tight">{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

/** Parts one way in from another. */
export function Or() {
  return (
    <div
      className="flex items-center gap-3 text-ink-faint text-sm before:h-px before:flex-1 before:bg-line after:h-px
      after:flex-1 after:bg-line"
    >
      or
    </div>
  );
}
