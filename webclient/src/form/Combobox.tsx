import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { Icon, type IconName } from "../components/Icon";
import { matches } from "../lib/search";
import type { FieldAttributes } from "./Field";

/** ComboboxProps are a list to search and what is chosen of it. */
export interface ComboboxProps {
  readonly attributes: FieldAttributes;
  readonly value: string;
  readonly choices: readonly string[];
  /** What is typed may be taken although the list lacks it. */
  readonly free?: boolean;
  /** Nothing may be chosen. */
  readonly none?: boolean;
  readonly placeholder?: string;
  readonly icon?: IconName;
  readonly onChange: (value: string) => void;
}

/** Shown at most: whoever wants another one types. */
const most = 100;

/** A field that finds its value in a long list by words. */
export function Combobox(props: ComboboxProps) {
  const { attributes, value, choices, free = false, none = false, placeholder, icon, onChange } = props;
  const list = useId();
  // What was typed since the list opened; undefined while it is closed.
  const [typed, setTyped] = useState<string>();
  const [at, setAt] = useState(0);
  const open = typed !== undefined;
  const found = useMemo(() => optionsOf(choices, typed ?? "", free, none), [choices, typed, free, none]);
  const shown = found.slice(0, most);
  const active = Math.min(at, shown.length - 1);
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) popup.current?.querySelector(`[data-index="${active}"]`)?.scrollIntoView?.({ block: "nearest" });
  }, [open, active]);

  const show = () => {
    setTyped("");
    setAt(Math.max(0, optionsOf(choices, "", free, none).slice(0, most).indexOf(value)));
  };
  const take = (choice: string | undefined) => {
    setTyped(undefined);
    if (choice !== undefined && choice !== value) onChange(choice);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!open) show();
      else setAt(Math.min(shown.length - 1, Math.max(0, active + step)));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      take(shown[active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      setTyped(undefined);
    }
  };
  return (
    <div className="relative">
      {icon && <Icon name={icon} className="pointer-events-none absolute top-2.5 left-3 size-5 text-ink-faint" />}
      <input
        {...attributes}
        role="combobox"
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && shown.length > 0 ? `${list}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        value={typed || value}
        placeholder={placeholder ?? (none ? "None" : "Choose")}
        onClick={() => !open && show()}
        onFocus={(event) => event.target.select()}
        onBlur={() => take(free && typed ? typed.trim() : undefined)}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className={`field truncate pr-9 ${icon ? "pl-10" : ""}`}
      />
      <Icon
        name="chevronDown"
        className={`pointer-events-none absolute top-3 right-3 size-4 text-ink-faint transition-transform ${open ? "rotate-180" : ""}`}
      />
      {open && (
        <div
          ref={popup}
          className="absolute left-0 z-20 mt-1 max-h-72 w-max min-w-full max-w-[min(26rem,85vw)] overflow-y-auto rounded-xl
            border border-line bg-surface p-1 shadow-float"
        >
          <div id={list} role="listbox" aria-label={placeholder ?? "Choices"}>
            {shown.map((choice, index) => (
              <Option
                key={choice}
                id={`${list}-${index}`}
                index={index}
                text={choice}
                active={index === active}
                chosen={choice === value}
                onTake={() => take(choice)}
              />
            ))}
          </div>
          {shown.length === 0 && <p className="px-3 py-2 text-ink-soft text-sm">Nothing has these words.</p>}
          {found.length > most && (
            <p className="px-3 py-2 text-ink-faint text-xs">{found.length - most} more: type some of the name.</p>
          )}
        </div>
      )}
    </div>
  );
}

function optionsOf(choices: readonly string[], typed: string, free: boolean, none: boolean): readonly string[] {
  const words = typed.trim();
  const found = words === "" ? [...(none ? [""] : []), ...choices] : choices.filter((choice) => matches(words, choice));
  return free && words !== "" && !choices.includes(words) ? [...found, words] : found;
}

/** A choice; of a path the file's name stands out. */
function Option(props: {
  id: string;
  index: number;
  text: string;
  active: boolean;
  chosen: boolean;
  onTake: () => void;
}) {
  const { id, index, text, active, chosen, onTake } = props;
  const cut = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's, which keeps the focus
    <div
      id={id}
      data-index={index}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onTake}
      className={`flex cursor-pointer items-center gap-2 rounded-lg px-2.5 py-1.5 text-sm
        ${active ? "bg-accent-wash text-accent-ink" : "hover:bg-sunken"}`}
    >
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        {text === "" ? "None" : <span className="text-ink-faint">{text.slice(0, cut)}</span>}
        {text.slice(cut)}
      </span>
      {chosen && <Icon name="check" className="size-4 shrink-0" />}
    </div>
  );
}
