import { useState } from "react";
import { type Result, ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { filePath } from "../lib/format";
import { Icon, type IconName } from "./Icon";

/** What stands for results that are no pictures, or whose picture is gone. */
const placeholders: Record<ResultKind, { icon: IconName; word: string }> = {
  [ResultKind.UNSPECIFIED]: { icon: "file", word: "File" },
  [ResultKind.IMAGE]: { icon: "image", word: "No picture" },
  [ResultKind.VIDEO]: { icon: "film", word: "Video" },
  [ResultKind.AUDIO]: { icon: "sound", word: "Sound" },
  [ResultKind.TEXT]: { icon: "text", word: "Text" },
  [ResultKind.FILE]: { icon: "file", word: "File" },
};

/** A small picture of a result from the server's cache. `stamp` tells pictures of the same name apart. */
export function Thumbnail({
  result,
  stamp,
  alt,
  className = "",
}: {
  result: Result;
  stamp: bigint;
  alt: string;
  className?: string;
}) {
  const [broken, setBroken] = useState(false);
  if (result.kind === ResultKind.IMAGE && !broken) {
    return (
      <img
        src={filePath("thumbnails", result.filename, { w: "320", v: stamp.toString() })}
        alt={alt}
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setBroken(true)}
        className={`bg-sunken object-cover ${className}`}
      />
    );
  }
  const { icon, word } = placeholders[result.kind];
  return (
    <span
      role="img"
      aria-label={`${word}: ${alt}`}
      title={result.text || result.filename}
      className={`flex flex-col items-center justify-center gap-0.5 bg-sunken text-[0.625rem] text-ink-faint ${className}`}
    >
      <Icon name={icon} />
      {word}
    </span>
  );
}
