import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { job, noon, response } from "../testing/fixtures";
import { createLiveStore } from "./store";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const snapshotOf = (...ids: string[]) => ({
  kind: "response" as const,
  receivedAt: noon,
  response: response({ snapshot: { revision: { epoch: "e", number: 1n }, jobs: ids.map((id) => job(id)) } }),
});

describe("createLiveStore", () => {
  it("tells a change at once, and those close after it together", () => {
    const store = createLiveStore(40);
    const told = vi.fn();
    store.subscribe(told);
    store.apply(snapshotOf("a"));
    expect(told).toHaveBeenCalledTimes(1);
    store.apply(snapshotOf("a", "b"));
    store.apply(snapshotOf("a", "b", "c"));
    expect(told).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(40);
    expect(told).toHaveBeenCalledTimes(2);
    expect(store.get().jobs.size).toBe(3);
  });

  it("says nothing when nothing changed", () => {
    const store = createLiveStore(0);
    const told = vi.fn();
    store.subscribe(told);
    store.apply({ kind: "response", receivedAt: noon, response: response({}) });
    expect(told).not.toHaveBeenCalled();
  });
});
