import type { HTMLAttributes } from "react";
import { Icon, type IconName } from "../../components/Icon";
import { Tag } from "../../components/Tag";
import { labelOf } from "../../form/labels";
import { type Input, InputRole } from "../../gen/comfyscheduler/v1/input_pb";
import type { Patch } from "./formDraft";
import { InputEditor } from "./InputEditor";
import { roleWords } from "./roles";

const kinds: Record<string, { icon: IconName; word: string }> = {
  integer: { icon: "gauge", word: "Whole number" },
  number: { icon: "gauge", word: "Number" },
  text: { icon: "text", word: "Text" },
  boolean: { icon: "power", word: "Yes or no" },
  choice: { icon: "stack", word: "Choice" },
  seed: { icon: "dice", word: "Seed" },
  file: { icon: "file", word: "File" },
};

/** EditorRowProps are an input in the list of a form's inputs. */
export interface EditorRowProps {
  /** As it is on the server. */
  readonly input: Input;
  /** As it would be. */
  readonly now: Input;
  readonly patch: Patch;
  readonly open: boolean;
  readonly dragged: boolean;
  /** Moves it; absent where there is no order. */
  readonly handle: HTMLAttributes<HTMLButtonElement> | undefined;
  readonly place: string;
  readonly onOpen: () => void;
  readonly onPatch: (change: Patch) => void;
}

/** One input: moved by its handle, shown or not by its eye, and opened for everything else. */
export function EditorRow(props: EditorRowProps) {
  const { input, now, patch, open, dragged, handle, place, onOpen, onPatch } = props;
  const { icon, word } = kinds[now.kind.case ?? ""] ?? { icon: "file", word: "Value" };
  const label = labelOf(now);
  const changed = Object.keys(patch).length > 0;
  return (
    <li className={dragged ? "relative z-10 bg-accent-wash shadow-float" : now.hidden ? "" : "bg-surface"}>
      <div className="flex min-h-12 items-center gap-1 pr-2 pl-1 sm:pl-2">
        {handle ? (
          <button
            type="button"
            {...handle}
            title="Drag, or use the arrow keys"
            className="grid h-11 w-8 shrink-0 cursor-grab touch-none place-items-center rounded text-ink-faint
              hover:text-ink active:cursor-grabbing"
          >
            <Icon name="grip" className="size-4" />
            <span className="sr-only">
              Move {label}, {place}
            </span>
          </button>
        ) : (
          <span className="w-8 shrink-0" />
        )}
        <button
          type="button"
          aria-expanded={open}
          onClick={onOpen}
          className={`flex min-w-0 flex-1 items-center gap-2 self-stretch rounded py-2 text-left ${now.hidden ? "text-ink-faint" : ""}`}
        >
          <Icon name={icon} className="size-4 shrink-0 text-ink-faint" />
          <span className="min-w-0">
            <span className="flex flex-wrap items-center gap-x-2">
              <span className="truncate font-medium">{label}</span>
              {now.role !== InputRole.UNSPECIFIED && !roleWords[now.role].startsWith(label) && (
                <Tag>{roleWords[now.role]}</Tag>
              )}
              {changed && <span className="text-accent-ink text-xs">changed</span>}
            </span>
            <span className="block truncate text-ink-faint text-xs">
              {[word, now.optional && "may be left out", targetWords(input)].filter(Boolean).join(" · ")}
            </span>
          </span>
          <Icon
            name="chevronDown"
            className={`ml-auto size-4 shrink-0 text-ink-faint transition-transform ${open ? "rotate-180" : ""}`}
          />
        </button>
        <button
          type="button"
          title={now.hidden ? "Show it" : "Do not show it"}
          onClick={() => onPatch({ hidden: !now.hidden })}
          className="grid size-9 shrink-0 place-items-center rounded-lg text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <Icon name={now.hidden ? "eyeOff" : "eye"} className="size-4.5" />
          <span className="sr-only">
            {now.hidden ? "Show" : "Do not show"} {label}
          </span>
        </button>
      </div>
      {open && <InputEditor input={input} patch={patch} onPatch={onPatch} />}
    </li>
  );
}

function targetWords({ targets }: Input): string {
  const [first] = targets;
  if (!first) return "";
  return `node ${first.nodeId}, ${first.field}${targets.length > 1 ? ` and ${targets.length - 1} more` : ""}`;
}
