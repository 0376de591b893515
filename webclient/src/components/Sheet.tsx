import { type ReactNode, type RefObject, useId, useLayoutEffect, useRef } from "react";
import { Button } from "./Button";
import { Icon } from "./Icon";

/** SheetProps are a window over the page. */
export interface SheetProps {
  readonly title: string;
  readonly onClose: () => void;
  /** Gets the focus first; the window itself when absent. */
  readonly first?: RefObject<HTMLElement | null>;
  /** Beside the title. */
  readonly aside?: ReactNode;
  /** Stays at the bottom while the rest scrolls. */
  readonly foot?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/**
 * A window over the page, for one thing at a time: in the middle where there is room, from below on a phone. The browser keeps
 * the focus in it and gives it back; Escape and a click beside it close it.
 */
export function Sheet({ title, onClose, first, aside, foot, className = "sm:max-w-3xl", children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Closed before it leaves the page: only then does the browser give the focus back.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    (first?.current ?? shown)?.focus();
    return () => shown?.close();
  }, [first]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, by the cancel event
    <dialog
      ref={dialog}
      aria-labelledby={id}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className={`sheet outline-none max-h-[92dvh] w-full max-w-none overflow-hidden p-0 sm:max-h-[86dvh] ${className}`}
    >
      <div className="flex max-h-[inherit] flex-col">
        <header className="flex items-center gap-3 border-line border-b px-4 py-3 sm:px-5">
          <h2 id={id} className="min-w-0 flex-1 truncate font-semibold text-lg">
            {title}
          </h2>
          {aside}
          <Button tone="bare" icon label="Close" onClick={onClose} className="-mr-2">
            <Icon name="close" />
          </Button>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">{children}</div>
        {foot && <footer className="border-line border-t bg-raised px-4 py-3 sm:px-5">{foot}</footer>}
      </div>
    </dialog>
  );
}
