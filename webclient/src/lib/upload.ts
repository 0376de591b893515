import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import type { AssetSchema } from "../gen/comfyscheduler/v1/asset_pb";
import { ErrorInfoSchema } from "../gen/comfyscheduler/v1/error_pb";
import { FileKind } from "../gen/comfyscheduler/v1/input_pb";

/** What the server says of a file that it has taken. */
export type Uploaded = Exclude<MessageInitShape<typeof AssetSchema>, { $typeName: string }> & { readonly id: string };

/** UploadOptions are what is known of a file beside its content, and who wants to know how far it is. */
export interface UploadOptions {
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Called with the share that has been sent, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Files that are sent at once: the server takes no more of one user. */
const atOnce = 2;
const waiting: (() => void)[] = [];
let sending = 0;

/** Brings a file to the server. Throws a ConnectError, as calls do, or an AbortError where the signal ended it. */
export async function upload(file: Blob, options: UploadOptions = {}): Promise<Uploaded> {
  const { signal } = options;
  if (sending >= atOnce) await new Promise<void>((turn) => waiting.push(turn));
  sending++;
  try {
    signal?.throwIfAborted();
    return await send(file, options);
  } finally {
    sending--;
    waiting.shift()?.();
  }
}

/** By XMLHttpRequest: fetch does not tell how far it is. */
function send(file: Blob, { name = "", signal, onProgress }: UploadOptions): Promise<Uploaded> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal?.addEventListener("abort", abort);
    request.open("POST", "/uploads");
    request.setRequestHeader("content-type", "application/octet-stream");
    if (name !== "") request.setRequestHeader("x-file-name", encodeURIComponent(name));
    request.upload.onprogress = ({ loaded, total }) => total > 0 && onProgress?.(loaded / total);
    request.onerror = () => failed(new ConnectError("", Code.Unavailable));
    request.onabort = () => failed(new DOMException("The upload was cancelled.", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", abort);
    request.onload = () => {
      const told = parsed(request.responseText);
      const taken = request.status === 200 ? uploadedOf(told) : undefined;
      if (taken) done(taken);
      else failed(errorOf(told, request.status));
    };
    request.send(file);
  });
}

type Told = Readonly<Record<string, unknown>>;

function parsed(text: string): Told {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null ? (told as Told) : {};
  } catch {
    return {};
  }
}

const kinds: Readonly<Record<string, FileKind>> = {
  image: FileKind.IMAGE,
  video: FileKind.VIDEO,
  audio: FileKind.AUDIO,
  model_3d: FileKind.MODEL_3D,
  workflow: FileKind.WORKFLOW,
};

function uploadedOf(told: Told): Uploaded | undefined {
  const text = (key: string) => (typeof told[key] === "string" ? told[key] : "");
  const number = (key: string) => (typeof told[key] === "number" ? told[key] : 0);
  if (text("id") === "") return undefined;
  return {
    id: text("id"),
    kind: kinds[text("kind")] ?? FileKind.UNSPECIFIED,
    mediaType: text("media_type"),
    sizeBytes: BigInt(number("size_bytes")),
    name: text("name"),
    width: number("width"),
    height: number("height"),
    durationMs: BigInt(number("duration_ms")),
    animated: told["animated"] === true,
  };
}

const codes: Readonly<Record<number, Code>> = {
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  429: Code.ResourceExhausted,
  503: Code.Unavailable,
  507: Code.ResourceExhausted,
};

/** The refusal as a call would have it, with its typed detail. */
function errorOf({ message, details }: Told, status: number): ConnectError {
  const words = typeof message === "string" ? message : `the server answered ${status}`;
  const outgoing = (Array.isArray(details) ? details : []).flatMap(({ type, value }: Told) => {
    if (type !== ErrorInfoSchema.typeName || typeof value !== "string") return [];
    return [{ desc: ErrorInfoSchema, value: fromBinary(ErrorInfoSchema, base64Decode(value)) }];
  });
  return new ConnectError(words, codes[status] ?? Code.InvalidArgument, undefined, outgoing);
}
