import { Button } from "../../components/Button";
import { ProgressBar } from "../../components/ProgressBar";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { formatBytes } from "../../lib/format";
import { FileTile } from "./FileTile";
import { kindsOfFile } from "./kinds";
import type { Sending } from "./useUpload";

/** A file on its way to the server. */
export function SendingFile({ kind, sending, onCancel }: { kind: FileKind; sending: Sending; onCancel: () => void }) {
  const { name, size, share, preview } = sending;
  const shown = kind === FileKind.IMAGE || kind === FileKind.MASK;
  const percent = Math.floor(share * 100);
  return (
    <div className="flex items-center gap-3 p-2.5">
      <FileTile source={shown ? preview : ""} icon={kindsOfFile[kind].icon} className="size-16 opacity-70 sm:size-20" />
      <div className="min-w-0 flex-1 space-y-1.5">
        <p className="truncate font-medium text-sm">{name}</p>
        <ProgressBar share={share} label={`Uploading ${name}`} className="h-1.5" />
        <p className="text-ink-soft text-xs tabular-nums">
          {share < 1 ? `${formatBytes(size * share)} of ${formatBytes(size)}, ${percent} %` : "Looking at it…"}
        </p>
      </div>
      <Button onClick={onCancel}>Cancel</Button>
    </div>
  );
}
