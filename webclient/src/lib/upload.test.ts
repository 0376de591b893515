import { create, toBinary } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { afterEach, expect, it, vi } from "vitest";
import { ErrorInfoSchema, ErrorReason } from "../gen/comfyscheduler/v1/error_pb";
import { FileKind } from "../gen/comfyscheduler/v1/input_pb";
import { stubUploads } from "../testing/uploads";
import { problemOf } from "./problem";
import { upload } from "./upload";

afterEach(() => void vi.unstubAllGlobals());

const id = "a".repeat(64);

it("sends the file itself with its name, tells how far it is, and says what the server made of it", async () => {
  const sent = stubUploads(({ progress, answer }) => {
    progress(0.5);
    answer({
      id,
      kind: "image",
      media_type: "image/png",
      size_bytes: 2_200_000,
      name: "Füchse 狐.png",
      width: 1536,
      height: 1024,
    });
  });
  const shares: number[] = [];
  const file = new Blob(["png"]);
  const taken = await upload(file, { name: "Füchse 狐.png", onProgress: (share) => shares.push(share) });
  expect(taken).toMatchObject({
    id,
    kind: FileKind.IMAGE,
    sizeBytes: 2_200_000n,
    width: 1536,
    height: 1024,
    durationMs: 0n,
  });
  expect(sent.map(({ path, name, file }) => [path, name, file])).toEqual([["/uploads", "Füchse 狐.png", file]]);
  expect(shares).toEqual([0.5]);
});

it("gives a refusal as calls do: in the server's words, with its reason", async () => {
  const info = create(ErrorInfoSchema, { reason: ErrorReason.QUOTA_EXCEEDED, metadata: { used_bytes: "7" } });
  const value = base64Encode(toBinary(ErrorInfoSchema, info)).replace(/=+$/, "");
  stubUploads(({ answer }) =>
    answer(
      {
        code: "resource_exhausted",
        message: "you have 5 GiB of files here, the most there may be",
        details: [{ type: "comfyscheduler.v1.ErrorInfo", value }],
      },
      507,
    ),
  );
  const problem = await upload(new Blob(["x"])).catch(problemOf);
  expect(problem).toMatchObject({
    message: "You have 5 GiB of files here, the most there may be.",
    reason: ErrorReason.QUOTA_EXCEEDED,
    metadata: { used_bytes: "7" },
  });
});

it("says that the server cannot be reached, and what a proxy answered", async () => {
  const broken = ["network", "proxy"];
  stubUploads(({ fail, answer }) => (broken.shift() === "network" ? fail() : answer({}, 502)));
  await expect(upload(new Blob(["x"])).catch((cause) => problemOf(cause).message)).resolves.toBe(
    "The server cannot be reached.",
  );
  await expect(upload(new Blob(["x"])).catch((cause) => problemOf(cause).message)).resolves.toBe(
    "The server answered 502.",
  );
});

it("sends two at a time, and stops what is no longer wanted", async () => {
  const sent = stubUploads(() => {});
  const stop = new AbortController();
  const first = upload(new Blob(["1"]), { name: "1", signal: stop.signal });
  const [second, third] = [upload(new Blob(["2"]), { name: "2" }), upload(new Blob(["3"]), { name: "3" })];
  expect(sent.map(({ name }) => name)).toEqual(["1", "2"]);
  stop.abort();
  await expect(first).rejects.toThrow("The upload was cancelled.");
  expect(sent[0]?.aborted()).toBe(true);
  await vi.waitFor(() => expect(sent).toHaveLength(3));
  for (const each of sent.slice(1)) each.answer({ id, kind: "image" });
  await expect(Promise.all([second, third])).resolves.toHaveLength(2);
});
