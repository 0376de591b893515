import { useState } from "react";
import { Icon } from "../../components/Icon";
import { SearchField } from "../../components/SearchField";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { matches } from "../../lib/search";
import { fileWords } from "../values";
import { FileTile } from "./FileTile";
import { kindsOfFile } from "./kinds";
import { useSmallPictures } from "./useSmallPictures";

/** Shown at most: whoever wants another one types. */
const most = 200;

/** The files that lie in ComfyUI's input folder. The list may have been cut: a name that is not in it can be typed. */
export function InputFolder(props: {
  kind: FileKind;
  chosen: string;
  files: readonly string[];
  onTake: (name: string) => void;
}) {
  const { kind, chosen, files, onTake } = props;
  const [words, setWords] = useState("");
  const typed = words.trim();
  const found = typed === "" ? files : files.filter((name) => matches(typed, name));
  const free = typed !== "" && !files.includes(typed);
  return (
    <div className="px-3 py-4 sm:px-5">
      <SearchField label="Find a file, or type its name" value={words} onWords={setWords} />
      <ul className="mt-3">
        {found.slice(0, most).map((name) => (
          <Row key={name} name={name} kind={kind} chosen={name === chosen} onTake={() => onTake(name)} />
        ))}
        {free && <Row name={typed} kind={kind} chosen={false} note="Take this name" onTake={() => onTake(typed)} />}
      </ul>
      {found.length === 0 && !free && (
        <p className="px-2 py-6 text-center text-ink-soft text-sm">
          ComfyUI's input folder holds no {fileWords[kind]} yet: put one there, or type its name.
        </p>
      )}
      {found.length > most && (
        <p className="px-2 py-3 text-center text-ink-faint text-xs">
          {found.length - most} more: type some of the name.
        </p>
      )}
    </div>
  );
}

const pictured: readonly FileKind[] = [FileKind.IMAGE, FileKind.MASK];

/** A file; of a path the file's name stands out. */
function Row(props: { name: string; kind: FileKind; chosen: boolean; note?: string; onTake: () => void }) {
  const { name, kind, chosen, note, onTake } = props;
  const pictures = useSmallPictures(name);
  const cut = Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1;
  return (
    <li>
      <button
        type="button"
        aria-current={chosen || undefined}
        onClick={onTake}
        className={`flex min-h-10 w-full items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-left text-sm ${
          chosen ? "bg-accent-wash text-accent-ink" : "hover:bg-sunken"
        }`}
      >
        {pictured.includes(kind) ? (
          <FileTile source={pictures} icon={kindsOfFile[kind].icon} className="size-9" />
        ) : (
          <Icon name={kindsOfFile[kind].icon} className="size-4 shrink-0 text-ink-faint" />
        )}
        <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
          <span className="text-ink-faint">{name.slice(0, cut)}</span>
          {name.slice(cut)}
        </span>
        {note && <span className="text-ink-faint text-xs">{note}</span>}
        {chosen && <Icon name="check" className="size-4 shrink-0" />}
      </button>
    </li>
  );
}
