import type { ReactNode } from "react";
import { Icon, type IconName } from "../../components/Icon";
import { SoundPlayer } from "../../components/SoundPlayer";
import type { Asset } from "../../gen/comfyscheduler/v1/asset_pb";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { formatBytes, formatDuration } from "../../lib/format";
import { useAsset } from "../../live/useAsset";
import { assetIdOf } from "../fileText";
import { FileTile } from "./FileTile";
import { useSmallPictures } from "./useSmallPictures";

/** ChosenFileProps are what stands in the field of a file. */
export interface ChosenFileProps {
  readonly kind: FileKind;
  readonly text: string;
  readonly icon: IconName;
  readonly noun: string;
  readonly describedBy: string | undefined;
  /** Opens the browser's own dialog. */
  readonly onBrowse: () => void;
  readonly actions: ReactNode;
  /** The actions need a row to themselves. */
  readonly wide: boolean;
}

/** The file that was chosen, to look at or to listen to, with what can be done to it; or what to do where there is none yet. */
export function ChosenFile({ kind, text, icon, noun, describedBy, onBrowse, actions, wide }: ChosenFileProps) {
  const id = assetIdOf(text);
  const { asset, problem } = useAsset(id);
  const inFolder = useSmallPictures(text);
  if (text === "")
    return (
      <div className="flex flex-col items-center gap-2.5 px-3 py-4 text-center">
        <span className="grid size-11 place-items-center rounded-full bg-accent-wash text-accent-ink">
          <Icon name={icon} className="size-6" />
        </span>
        <p className="text-ink-soft text-sm">
          <button
            type="button"
            aria-describedby={describedBy}
            onClick={onBrowse}
            className="rounded font-medium text-accent-ink underline underline-offset-2"
          >
            Choose a {noun}
          </button>
          <span className="pointer-coarse:hidden">, drop it here or paste it</span>
        </p>
        {actions}
      </div>
    );
  const picture = kind === FileKind.IMAGE || kind === FileKind.MASK;
  const name = id === undefined ? (text.split(/[/\\]/).at(-1) ?? text) : asset?.name || `A ${noun}`;
  return (
    <div className="p-2.5">
      <div className={`grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-2 ${wide ? "" : "grid-rows-[1fr_auto]"}`}>
        <FileTile
          source={!picture ? "" : id === undefined ? inFolder : `/uploads/${id}/thumbnail`}
          icon={icon}
          className={`size-20 sm:size-24 ${wide ? "" : "row-span-2"}`}
        />
        <div className={`min-w-0 text-sm ${wide ? "self-center" : ""}`}>
          <p title={id === undefined ? text : name} className="line-clamp-2 font-medium [overflow-wrap:anywhere]">
            {name}
          </p>
          <p className={`text-xs ${problem ? "text-failed-ink" : "text-ink-faint"}`}>
            {id === undefined ? "In ComfyUI's input folder" : asset ? factsOf(asset) : problem || "…"}
          </p>
        </div>
        <div className={wide ? "col-span-2" : ""}>{actions}</div>
      </div>
      {id !== undefined && kind === FileKind.VIDEO && (
        // biome-ignore lint/a11y/useMediaCaption: people's own clips come without captions
        <video
          src={`/uploads/${id}`}
          controls
          preload="metadata"
          className="mt-2.5 max-h-64 w-full rounded-lg bg-sunken"
        />
      )}
      {id !== undefined && kind === FileKind.AUDIO && (
        <div className="mt-2.5">
          <SoundPlayer source={`/uploads/${id}`} name={name} />
        </div>
      )}
    </div>
  );
}

/** Size, length and bytes of a file, such as "1536 × 1024, 2.1 MiB". */
export function factsOf({ width, height, durationMs, sizeBytes }: Asset): string {
  return [
    width > 0 && height > 0 && `${width} × ${height}`,
    durationMs > 0n && formatDuration(Number(durationMs)),
    formatBytes(Number(sizeBytes)),
  ]
    .filter(Boolean)
    .join(", ");
}
