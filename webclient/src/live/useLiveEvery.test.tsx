import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { job, noon, response, testLive } from "../testing/fixtures";
import { LiveProvider } from "./LiveContext";
import type { LiveState } from "./state";
import { createLiveStore } from "./store";
import { useLiveEvery } from "./useLiveEvery";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("shows the first change at once and gathers those close after it", () => {
  let renders = 0;
  const selectCount = ({ jobs }: LiveState) => jobs.size;
  function Count() {
    renders++;
    return <p>{useLiveEvery(selectCount, 250)} jobs</p>;
  }
  const store = createLiveStore(0);
  const tell = (count: number) =>
    act(() =>
      store.apply({
        kind: "response",
        receivedAt: noon,
        response: response({
          snapshot: {
            revision: { epoch: "e", number: BigInt(count) },
            jobs: Array.from({ length: count }, (_, index) => job(`${index}`)),
          },
        }),
      }),
    );
  const live = testLive({ store });
  render(
    <LiveProvider live={live}>
      <Count />
    </LiveProvider>,
  );
  act(() => void vi.advanceTimersByTime(300));
  const before = renders;

  tell(1);
  expect(screen.getByText("1 jobs")).toBeDefined();
  for (let count = 2; count <= 20; count++) {
    act(() => void vi.advanceTimersByTime(10));
    tell(count);
  }
  expect(screen.getByText("1 jobs")).toBeDefined();
  act(() => void vi.advanceTimersByTime(250));
  expect(screen.getByText("20 jobs")).toBeDefined();
  expect(renders - before).toBe(2);
});
