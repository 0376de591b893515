import { useState } from "react";
import { type Result, ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { filePath } from "../lib/format";
import { Icon, type IconName } from "./Icon";

/** What stands for results that are no pictures, or whose picture is gone. */
const placeholders: Record<ResultKind, { icon: IconName; word: string; look: string }> = {
  [ResultKind.UNSPECIFIED]: { icon: "file", word: "File", look: "bg-sunken text-ink-faint" },
  [ResultKind.IMAGE]: { icon: "image", word: "No picture", look: "bg-sunken text-ink-faint" },
  [ResultKind.VIDEO]: { icon: "film", word: "Video", look: "art hue-video" },
  [ResultKind.AUDIO]: { icon: "sound", word: "Sound", look: "art hue-sound" },
  [ResultKind.TEXT]: { icon: "text", word: "Text", look: "art hue-text" },
  [ResultKind.FILE]: { icon: "file", word: "File", look: "art hue-file" },
};

const shapes = /\.(fbx|glb|gltf|ksplat|obj|ply|splat|spz|stl|usdz)$/i;

/** What a kind of result is shown as where it cannot be looked at itself. */
export function looksOf({ kind, filename }: Result) {
  return shapes.test(filename) ? { ...placeholders[kind], icon: "cube" as IconName, word: "3D" } : placeholders[kind];
}

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
  const film = result.kind === ResultKind.VIDEO;
  if ((film || result.kind === ResultKind.IMAGE) && result.filename !== "" && !broken && !result.overwritten) {
    return (
      <img
        // Not of every video a poster can be made; that is no error for the browser to complain of.
        src={filePath("thumbnails", result.filename, {
          w: "320",
          v: stamp.toString(),
          ...(film && { else: "nothing" }),
        })}
        alt={alt}
        loading="lazy"
        decoding="async"
        draggable={false}
        onError={() => setBroken(true)}
        className={`bg-sunken object-cover ${className}`}
      />
    );
  }
  const { icon, word, look } = looksOf(result);
  return (
    <span
      role="img"
      aria-label={`${word}: ${alt}`}
      title={result.text || result.filename}
      className={`flex flex-col items-center justify-center gap-0.5 font-medium text-[0.625rem] ${look} ${className}`}
    >
      <Icon name={icon} />
      {word}
    </span>
  );
}
