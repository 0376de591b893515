import { lazy, Suspense, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { useLiveContext } from "../../live/LiveContext";
import { assetIdOf } from "../fileText";
import { FilePicker } from "./FilePicker";
import { kindsOfFile } from "./kinds";

const MaskEditor = lazy(() => import("../mask/MaskEditor"));

/** FileActionsProps are a file field and what its buttons lead to. */
export interface FileActionsProps {
  readonly kind: FileKind;
  readonly text: string;
  readonly label: string;
  readonly inputFiles: readonly string[];
  /** Assets to paint a mask over; null where there is none yet, absent where no mask is asked for. */
  readonly paints: { readonly under: string; readonly mask?: string } | null | undefined;
  readonly removable: boolean;
  /** Opens the browser's own dialog. */
  readonly onBrowse: () => void;
  readonly onTake: (file: Blob, name: string) => void;
  readonly onChoose: (text: string) => void;
}

const small = `inline-flex min-h-8 cursor-pointer items-center gap-1.5 whitespace-nowrap rounded-md border border-line-strong bg-surface
    px-2.5 font-medium text-sm transition-colors hover:bg-raised pointer-coarse:min-h-10`;

/** What can be done to the file of a field. */
export function FileActions(props: FileActionsProps) {
  const { kind, text, label, inputFiles, paints, removable, onBrowse, onTake, onChoose } = props;
  const { assets } = useLiveContext();
  const [open, setOpen] = useState<"picker" | "mask">();
  const { capture, accept } = kindsOfFile[kind];
  const camera = useRef<HTMLInputElement>(null);
  const empty = text === "";
  const name = (id: string) => (assets.get(id)?.name || "picture").replace(/(_mask)?\.[^.]*$/, "");
  return (
    <div className={`flex flex-wrap gap-1.5 ${empty ? "justify-center" : ""}`}>
      {!empty && (
        <button type="button" onClick={onBrowse} className={small}>
          <Icon name="swap" className="size-4 max-[26rem]:hidden" />
          Replace<span className="sr-only"> {label}</span>
        </button>
      )}
      {paints !== undefined && (
        <button
          type="button"
          disabled={paints === null}
          onClick={() => setOpen("mask")}
          className={`${small} disabled:cursor-not-allowed disabled:opacity-55`}
        >
          <Icon name="brush" className="size-4 max-[26rem]:hidden" />
          {paints?.mask && kind === FileKind.MASK ? "Edit mask" : "Paint mask"}
          <span className="sr-only"> for {label}</span>
        </button>
      )}
      {capture && empty && (
        <>
          <button type="button" onClick={() => camera.current?.click()} className={`${small} pointer-fine:hidden`}>
            <Icon name={kind === FileKind.AUDIO ? "sound" : "camera"} className="size-4" />
            {capture.words}
          </button>
          <input
            ref={camera}
            type="file"
            aria-label={capture.words}
            accept={accept}
            capture={capture.from}
            tabIndex={-1}
            className="sr-only pointer-fine:hidden"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              event.target.value = "";
              if (file) onTake(file, file.name);
            }}
          />
        </>
      )}
      <button type="button" onClick={() => setOpen("picker")} className={small}>
        <Icon name="history" className="size-4 max-[26rem]:hidden" />
        My files
        <span className="sr-only"> for {label}</span>
      </button>
      {removable && (
        <Button
          tone="bare"
          icon
          label={`Remove ${label}`}
          className="size-8 pointer-coarse:size-10"
          onClick={() => onChoose("")}
        >
          <Icon name="trash" className="size-4" />
        </Button>
      )}
      {open === "picker" && (
        <FilePicker
          kind={kind}
          chosen={text}
          inputFiles={inputFiles}
          onClose={() => setOpen(undefined)}
          onChoose={(next) => {
            setOpen(undefined);
            onChoose(next);
          }}
        />
      )}
      {open === "mask" && paints && (
        <Suspense>
          <MaskEditor
            source={{
              picture: `/uploads/${paints.under}`,
              mask: paints.mask && `/uploads/${paints.mask}`,
              use: kind === FileKind.MASK ? "mask" : "picture",
            }}
            onClose={() => setOpen(undefined)}
            onDone={(mask) => {
              setOpen(undefined);
              onTake(mask, `${name(assetIdOf(text) ?? paints.under)}_mask.png`);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
