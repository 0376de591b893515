import type { ReactNode } from "react";
import type { IconName } from "../../components/Icon";
import { Icon } from "../../components/Icon";
import { FileTile } from "./FileTile";

/** A file to choose, with its picture. */
export function FileCard(props: {
  name: string;
  note: string;
  source: string;
  icon: IconName;
  chosen?: boolean;
  disabled?: boolean;
  onTake: () => void;
  children?: ReactNode;
}) {
  const { name, note, source, icon, chosen = false, disabled, onTake, children } = props;
  return (
    <li className="group relative min-w-0">
      <button
        type="button"
        aria-current={chosen || undefined}
        disabled={disabled}
        onClick={onTake}
        title={name}
        className={`block w-full overflow-hidden rounded-xl border text-left transition-colors disabled:opacity-60 ${
          chosen ? "border-accent bg-accent-wash" : "border-line bg-surface hover:border-line-strong hover:bg-raised"
        }`}
      >
        <span className="relative block">
          <FileTile source={source} icon={icon} className="aspect-square w-full rounded-none" />
          {chosen && (
            <span className="absolute top-2 left-2 grid size-6 place-items-center rounded-full bg-accent text-on-accent">
              <Icon name="check" className="size-4" />
              <span className="sr-only">Chosen: </span>
            </span>
          )}
        </span>
        <span className="block px-2.5 py-2">
          <span className="line-clamp-1 font-medium text-sm [overflow-wrap:anywhere]">{name}</span>
          <span className="line-clamp-1 text-ink-faint text-xs">{note}</span>
        </span>
      </button>
      {children}
    </li>
  );
}

/** How cards lie: as many in a row as there is room for. */
export const cardGrid = "grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-3 px-3 pt-4 pb-2 sm:px-5";
