import type { IconName } from "../../components/Icon";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";

/** KindOfFile is how the page speaks of a kind of file and asks for one. */
export interface KindOfFile {
  readonly icon: IconName;
  /** What the browser's own dialog offers. */
  readonly accept: string;
  /** What a phone can make on the spot: the words for it, and which of its cameras. */
  readonly capture?: { readonly words: string; readonly from: "environment" | "user" };
}

const picture: KindOfFile = {
  icon: "image",
  accept: "image/*",
  capture: { words: "Take a photo", from: "environment" },
};

export const kindsOfFile: Readonly<Record<FileKind, KindOfFile>> = {
  [FileKind.UNSPECIFIED]: { icon: "file", accept: "" },
  [FileKind.IMAGE]: picture,
  [FileKind.MASK]: { icon: "image", accept: "image/*" },
  [FileKind.VIDEO]: {
    icon: "film",
    accept: "video/*",
    capture: { words: "Record a video", from: "environment" },
  },
  [FileKind.AUDIO]: {
    icon: "sound",
    accept: "audio/*",
    capture: { words: "Record a sound", from: "user" },
  },
  [FileKind.MODEL_3D]: {
    icon: "cube",
    accept: ".glb,.gltf,.obj,.fbx,.stl,.ply,.usdz,.splat,.ksplat,.spz",
  },
  [FileKind.WORKFLOW]: { icon: "stack", accept: ".json,image/png" },
};

/** What is known of a file before it is read. */
export type Described = Pick<File, "type"> & { readonly name?: string };

const byEnding: Readonly<Record<string, FileKind>> = {
  ...Object.fromEntries(
    "avif bmp gif heic jpeg jpg jxl png tif tiff webp".split(" ").map((end) => [end, FileKind.IMAGE]),
  ),
  ...Object.fromEntries("avi m4v mkv mov mp4 mpg webm".split(" ").map((end) => [end, FileKind.VIDEO])),
  ...Object.fromEntries("aac flac m4a mp3 oga ogg opus wav".split(" ").map((end) => [end, FileKind.AUDIO])),
  ...Object.fromEntries(
    "fbx glb gltf ksplat obj ply splat spz stl usdz".split(" ").map((end) => [end, FileKind.MODEL_3D]),
  ),
};

/** What a file seems to be, by what the browser says and by its name; the server looks into it. */
export function kindOfFile({ type, name = "" }: Described): FileKind {
  const [family] = type.split("/");
  if (family === "image") return FileKind.IMAGE;
  if (family === "video") return FileKind.VIDEO;
  if (family === "audio") return FileKind.AUDIO;
  if (family === "model") return FileKind.MODEL_3D;
  return byEnding[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? FileKind.UNSPECIFIED;
}

/** Whether a field for files of this kind may take the file: what is not known may be anything. */
export function takes(kind: FileKind, file: Described): boolean {
  const seems = kindOfFile(file);
  if (seems === FileKind.UNSPECIFIED) return file.type === "";
  return seems === (kind === FileKind.MASK ? FileKind.IMAGE : kind);
}
