import { act, render, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { job, noon, response, testLive } from "../testing/fixtures";
import { LiveProvider, useLive } from "./LiveContext";
import { createLiveStore } from "./store";

it("renders one row for one change", () => {
  const renders: Record<string, number> = {};
  function Row({ id }: { id: string }) {
    const prompt = useLive(({ jobs }) => jobs.get(id))?.prompt;
    renders[id] = (renders[id] ?? 0) + 1;
    return <p>{prompt}</p>;
  }
  const store = createLiveStore(0);
  const tell = (init: Parameters<typeof response>[0]) =>
    store.apply({ kind: "response", receivedAt: noon, response: response(init) });
  tell({ snapshot: { revision: { epoch: "e", number: 1n }, jobs: [job("a"), job("b"), job("c")] } });

  const live = testLive({ store });
  render(
    <LiveProvider live={live}>
      {["a", "b", "c"].map((id) => (
        <Row key={id} id={id} />
      ))}
    </LiveProvider>,
  );
  act(() => tell({ deltas: [{ revision: { epoch: "e", number: 2n }, jobs: [job("b", { prompt: "changed" })] }] }));

  expect(screen.getByText("changed")).toBeDefined();
  expect(renders).toEqual({ a: 1, b: 2, c: 1 });
});
