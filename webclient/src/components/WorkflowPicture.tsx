import { useState } from "react";
import { ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { Icon, type IconName } from "./Icon";

const icons: Record<ResultKind, IconName> = {
  [ResultKind.UNSPECIFIED]: "stack",
  [ResultKind.IMAGE]: "image",
  [ResultKind.VIDEO]: "film",
  [ResultKind.AUDIO]: "sound",
  [ResultKind.TEXT]: "text",
  [ResultKind.FILE]: "cube",
};

/** WorkflowPictureProps are what a picture is made of. */
export interface WorkflowPictureProps {
  /** Its picture on the server; may be empty. */
  readonly thumbnail: string;
  /** Gives what stands for a missing picture its colour and its drawing. */
  readonly id: string;
  readonly kind?: ResultKind | undefined;
  readonly className?: string;
}

/** The picture of a workflow; one without has a drawing of its own. Beside its title it says nothing to those who listen. */
export function WorkflowPicture({
  thumbnail,
  id,
  kind = ResultKind.UNSPECIFIED,
  className = "",
}: WorkflowPictureProps) {
  const [broken, setBroken] = useState("");
  if (thumbnail !== "" && broken !== thumbnail)
    return (
      <img
        src={thumbnail}
        alt=""
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setBroken(thumbnail)}
        className={`bg-sunken object-cover ${className}`}
      />
    );
  const seed = hash(id);
  return (
    <span
      aria-hidden="true"
      style={{ "--hue": String(seed % 360) } as object}
      className={`art relative grid place-items-center overflow-hidden ${className}`}
    >
      <Noodles seed={seed} />
      <Icon name={icons[kind]} className="relative size-[38%] max-h-14 min-h-5 min-w-5 max-w-14" />
    </span>
  );
}

/** Nodes and the lines between them, as on ComfyUI's own page: other ones for every workflow. */
function Noodles({ seed }: { seed: number }) {
  const at = (index: number, span: number) => (seed >>> (index * 4)) % span;
  const [left, middle, right] = [15 + at(0, 30), 10 + at(1, 55), 20 + at(2, 45)];
  return (
    <svg
      viewBox="0 0 160 100"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      className="absolute inset-0 size-full opacity-25"
    >
      <g fill="none" stroke="currentColor" strokeWidth="1.5">
        <path d={`M30 ${left} C60 ${left} 50 ${middle} 78 ${middle} S100 ${right} 132 ${right}`} />
        <path d={`M30 ${left + 34} C70 ${left + 34} 60 ${right + 30} 132 ${right + 30}`} />
      </g>
      <g fill="currentColor">
        <rect x="4" y={left - 8} width="26" height="16" rx="4" />
        <rect x="4" y={left + 26} width="26" height="16" rx="4" />
        <rect x="132" y={right - 10} width="26" height="48" rx="4" />
      </g>
    </svg>
  );
}

function hash(text: string): number {
  let value = 2_166_136_261;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return value >>> 0;
}
