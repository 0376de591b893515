import { expect, it } from "vitest";
import { createDrafts } from "./drafts";

function storageOf(kept: Map<string, string>): () => Storage {
  return () =>
    ({
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, text: string) => void kept.set(key, text),
      removeItem: (key: string) => void kept.delete(key),
    }) as Storage;
}

it("outlives a reload, by name", () => {
  const kept = new Map<string, string>();
  const before = createDrafts(storageOf(kept));
  before.set("ada/booking", { prompt: "Half a thou" });
  const after = createDrafts(storageOf(kept));
  expect(after.get("ada/booking")).toEqual({ prompt: "Half a thou" });
  expect(after.get("grace/booking")).toBeUndefined();
  after.set("ada/booking", undefined);
  expect(createDrafts(storageOf(kept)).get("ada/booking")).toBeUndefined();
});

it("lasts as long as the page where the storage is blocked", () => {
  const drafts = createDrafts(() => {
    throw new Error("blocked");
  });
  drafts.set("ada/booking", { prompt: "Half a thou" });
  expect(drafts.get("ada/booking")).toEqual({ prompt: "Half a thou" });
});
