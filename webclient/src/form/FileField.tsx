import { type DragEvent, useEffect, useRef } from "react";
import { FileKind } from "../gen/comfyscheduler/v1/input_pb";
import { Field } from "./Field";
import { ChosenFile } from "./files/ChosenFile";
import { FileActions } from "./files/FileActions";
import { useDrops } from "./files/FileDrops";
import { kindsOfFile, takes } from "./files/kinds";
import { SendingFile } from "./files/SendingFile";
import { useUpload } from "./files/useUpload";
import { assetIdOf, assetText, isUploading, uploadingText } from "./fileText";
import { fieldOf, type InputFieldProps } from "./inputProps";
import { defaultOf, fileWords } from "./values";

/** A file: dropped, pasted, chosen or made on the spot, from what is here already, or one that lies in ComfyUI's input folder. */
export function FileField(props: InputFieldProps) {
  const { input, value, error, picture, onChange } = props;
  const text = String(value);
  const usual = String(defaultOf(input));
  const { kind, inputFiles, withMask } =
    input.kind.case === "file" ? input.kind.value : { kind: FileKind.UNSPECIFIED, inputFiles: [], withMask: false };
  const { icon, accept } = kindsOfFile[kind];
  // An upload ends long after the fields were drawn: what stands in the others by then must stay.
  const change = useRef(onChange);
  useEffect(() => {
    change.current = onChange;
  });
  const before = useRef(text);
  const own = useRef<HTMLInputElement>(null);
  const browse = () => own.current?.click();
  const sent = useUpload({
    onDone: (asset) => change.current(assetText(asset.id)),
    onStop: () => change.current(before.current),
    onAgain: (file, name) => take(file, name),
  });
  const { sending, failed } = sent;
  const take = (file: Blob, name: string) => {
    if (!isUploading(text)) before.current = text;
    change.current(uploadingText(name));
    void sent.begin(file, name);
  };
  const choose = (next: string) => {
    sent.forget();
    change.current(next);
  };
  // Of an upload that ended with the page nothing is left but its name.
  const lost = isUploading(text) && !sending;
  useEffect(() => {
    if (lost) change.current(usual);
  }, [lost, usual]);

  const noun = fileWords[kind];
  const untouched = text === usual;
  const wanted = useDrops({ kind, untouched, take: (file) => take(file, file.name) });
  const onDrop = (event: DragEvent) => {
    const [file] = [...event.dataTransfer.files].filter((each) => takes(kind, each));
    if (!file) return;
    event.preventDefault();
    take(file, file.name);
  };
  const field = fieldOf(props);
  const paints = withMask || kind === FileKind.MASK ? paintsOver(kind, text, picture) : undefined;
  const hints = [
    field.hint,
    withMask && "Its transparent parts are the mask.",
    paints === null && "A mask can be painted over a picture of your own.",
  ];
  const complaint = failed?.problem ?? error;
  return (
    <Field
      {...field}
      className="col-span-full"
      error={complaint}
      onReset={sending ? undefined : field.onReset}
      hint={hints.filter(Boolean).join(" ")}
    >
      {(attributes) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: keys have the buttons within
        <div
          onDrop={onDrop}
          className={`file-box ${wanted ? "is-wanted" : ""} ${complaint ? "is-wrong" : ""} ${text === "" ? "is-empty" : ""}`}
        >
          <input
            {...attributes}
            type="file"
            accept={accept}
            ref={own}
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              // The same file may be chosen again.
              event.target.value = "";
              if (file) take(file, file.name);
            }}
          />
          {failed && (
            <button
              type="button"
              onClick={failed.again}
              className="absolute top-2 right-2 z-1 rounded-md border border-failed/60 bg-surface px-2.5 py-1 font-medium
                text-failed-ink text-sm hover:bg-failed-wash"
            >
              Try again
            </button>
          )}
          {sending ? (
            <SendingFile kind={kind} sending={sending} onCancel={sent.cancel} />
          ) : (
            !lost && (
              <ChosenFile
                kind={kind}
                text={text}
                icon={icon}
                noun={noun}
                describedBy={attributes["aria-describedby"]}
                onBrowse={browse}
                wide={paints !== undefined}
                actions={
                  <FileActions
                    kind={kind}
                    text={text}
                    label={field.label}
                    onBrowse={browse}
                    inputFiles={inputFiles}
                    paints={paints}
                    removable={text !== "" && (input.optional || usual === "")}
                    onTake={take}
                    onChoose={choose}
                  />
                }
              />
            )
          )}
        </div>
      )}
    </Field>
  );
}

/** The ids of the picture that a mask can be painted over, and of the mask to begin with; null where there is no such picture yet. */
function paintsOver(kind: FileKind, text: string, picture = ""): { under: string; mask?: string } | null {
  const own = assetIdOf(text);
  if (kind !== FileKind.MASK) return own === undefined ? null : { under: own, mask: own };
  const under = assetIdOf(picture);
  if (under === undefined) return null;
  return own === undefined ? { under } : { under, mask: own };
}
