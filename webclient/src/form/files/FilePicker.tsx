import { useState } from "react";
import { createPortal } from "react-dom";
import { Icon, type IconName } from "../../components/Icon";
import { Sheet } from "../../components/Sheet";
import type { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { assetText } from "../fileText";
import { fileWords } from "../values";
import { InputFolder } from "./InputFolder";
import { OwnResults } from "./OwnResults";
import { OwnUploads } from "./OwnUploads";

/** FilePickerProps are a choice of the files that are here already. */
export interface FilePickerProps {
  readonly kind: FileKind;
  /** What stands in the field. */
  readonly chosen: string;
  readonly inputFiles: readonly string[];
  readonly onChoose: (text: string) => void;
  readonly onClose: () => void;
}

const places = { results: "My results", uploads: "My uploads", folder: "ComfyUI's input folder" };
/** What a narrow screen has no room for. */
const spare = "ComfyUI's ";
type Place = keyof typeof places;
const icons: Readonly<Record<Place, IconName>> = { results: "bolt", uploads: "upload", folder: "folder" };

/** A window to choose from what one's jobs have made, from what one has handed in, and from ComfyUI's input folder. */
export function FilePicker({ kind, chosen, inputFiles, onChoose, onClose }: FilePickerProps) {
  const [place, setPlace] = useState<Place>("results");
  const take = (id: string) => onChoose(assetText(id));
  // Beside the form, so that Enter in it does not send the form.
  return createPortal(
    <Sheet title={`Choose a ${fileWords[kind]}`} onClose={onClose} className="sm:max-w-3xl">
      <div className="sticky top-0 z-10 flex gap-1 overflow-x-auto border-line border-b bg-surface px-3 py-2 sm:px-5">
        {(Object.keys(places) as Place[]).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === place}
            onClick={() => setPlace(each)}
            className={`flex shrink-0 items-center gap-1.5 rounded-full px-3 py-1.5 font-medium text-sm transition-colors ${
              each === place ? "bg-accent-wash text-accent-ink" : "text-ink-soft hover:bg-sunken"
            }`}
          >
            <Icon name={icons[each]} className="size-4 max-sm:hidden" />
            <span>
              {places[each].startsWith(spare) && <span className="max-sm:sr-only">{spare}</span>}
              {places[each].replace(spare, "")}
            </span>
          </button>
        ))}
      </div>
      <div className="min-h-[min(24rem,50dvh)]">
        {place === "results" && <OwnResults kind={kind} onTake={take} />}
        {place === "uploads" && <OwnUploads kind={kind} chosen={chosen} onTake={take} />}
        {place === "folder" && <InputFolder kind={kind} chosen={chosen} files={inputFiles} onTake={onChoose} />}
      </div>
    </Sheet>,
    document.body,
  );
}
