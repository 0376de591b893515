import { useState } from "react";
import { Button } from "../../components/Button";
import { SearchField } from "../../components/SearchField";
import { matches } from "../../lib/search";

/** Longer lists are searched. */
const glance = 12;

/** Which of the choices are offered. */
export function ChoicesEditor(props: {
  offered: readonly string[];
  /** Absent while nothing was changed; empty for all that ComfyUI offers. */
  chosen: readonly string[] | undefined;
  onChange: (choices: readonly string[]) => void;
}) {
  const { offered, chosen, onChange } = props;
  const [words, setWords] = useState("");
  const on = new Set(chosen === undefined || chosen.length === 0 ? offered : chosen);
  const toggle = (choice: string) => {
    const next = offered.filter((each) => (each === choice ? !on.has(each) : on.has(each)));
    if (next.length > 0) onChange(next);
  };
  return (
    <fieldset className="col-span-2 min-w-0">
      <legend className="mb-1 flex w-full items-center font-medium text-sm">
        Choices
        <span className="ml-2 font-normal text-ink-faint text-xs">
          {chosen?.length === 0 ? "all that ComfyUI offers" : `${on.size} of ${offered.length}`}
        </span>
      </legend>
      {offered.length > glance && (
        <SearchField label="Search the choices" value={words} onWords={setWords} className="mb-2" />
      )}
      <div className="max-h-48 overflow-y-auto rounded-lg border border-line bg-surface p-2">
        {offered
          .filter((choice) => matches(words, choice))
          .map((choice) => (
            <label key={choice} className="flex items-center gap-2 rounded px-1 py-1 text-sm hover:bg-sunken">
              <input
                type="checkbox"
                checked={on.has(choice)}
                onChange={() => toggle(choice)}
                className="size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0 [overflow-wrap:anywhere]">{choice || "(empty)"}</span>
            </label>
          ))}
      </div>
      <Button tone="bare" className="mt-1" onClick={() => onChange([])}>
        Offer all that ComfyUI has
      </Button>
    </fieldset>
  );
}
