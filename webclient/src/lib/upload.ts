import { Code, ConnectError } from "@connectrpc/connect";

/** Brings a file to the server, which keeps it for an hour; resolves to the id to speak of it by. */
export async function upload(file: Blob, signal?: AbortSignal): Promise<string> {
  const answer = await fetch("/uploads", {
    method: "POST",
    body: file,
    credentials: "same-origin",
    headers: { "content-type": "application/octet-stream" },
    ...(signal && { signal }),
  });
  const told = (await answer.json().catch(() => ({}))) as { id?: unknown; message?: unknown };
  if (answer.ok && typeof told.id === "string") return told.id;
  const message = typeof told.message === "string" ? told.message : `the server answered ${answer.status}`;
  throw new ConnectError(message, answer.status === 413 ? Code.InvalidArgument : Code.Unknown);
}
