import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { useAsset } from "../../live/useAsset";
import { fileWords } from "../values";
import { factsOf } from "./ChosenFile";
import { FileTile } from "./FileTile";
import { kindsOfFile } from "./kinds";

/** A file that a job was booked with: its picture and its name, which lead to the file itself. */
export function InputFile({ id }: { id: string }) {
  const { asset, problem } = useAsset(id);
  const kind = asset?.kind ?? FileKind.UNSPECIFIED;
  if (problem) return <span className="text-ink-faint">{problem}</span>;
  return (
    <a
      href={`/uploads/${id}`}
      target="_blank"
      rel="noreferrer"
      className="mt-0.5 flex w-fit max-w-full items-center gap-2.5 rounded-lg border border-line p-1.5 pr-3 hover:bg-raised"
    >
      <FileTile
        source={kind === FileKind.IMAGE ? `/uploads/${id}/thumbnail` : ""}
        icon={kindsOfFile[kind].icon}
        className="size-11"
      />
      <span className="min-w-0">
        <span className="line-clamp-1 font-medium [overflow-wrap:anywhere]">
          {asset ? asset.name || `A ${fileWords[kind]}` : "…"}
        </span>
        <span className="block text-ink-faint text-xs">{asset && factsOf(asset)}</span>
      </span>
    </a>
  );
}
