import { createRouterTransport } from "@connectrpc/connect";
import { afterEach, expect, it, vi } from "vitest";
import { WorkflowService } from "../gen/comfyscheduler/v1/workflow_service_pb";
import { createApi } from "../lib/transport";
import { klein } from "../testing/fixtures";
import { createForms } from "./forms";

/** A server that has the workflow in the version that is told; `asked` counts its answers. */
function setUp() {
  const server = { version: "v1", asked: 0 };
  const transport = createRouterTransport(({ service }) => {
    service(WorkflowService, {
      getWorkflow: ({ workflowId, version, anyVersion }) => {
        server.asked++;
        if (anyVersion) return { workflow: { inputs: [{ name: "old" }], summary: { id: workflowId, version } } };
        return { workflow: { inputs: klein.inputs, summary: { id: workflowId, version: server.version } } };
      },
    });
  });
  return { server, forms: createForms(createApi(transport)) };
}

afterEach(() => void vi.useRealTimers());

it("asks once for a version, however many want it", async () => {
  const { server, forms } = setUp();
  const named = { id: "klein", version: "v1" };
  expect(forms.get(named)).toBeUndefined();
  const [first, second] = await Promise.all([forms.fetch(named), forms.fetch(named)]);
  expect(first).toBe(second);
  expect(forms.get(named)).toBe(first);
  await forms.fetch(named);
  expect(server.asked).toBe(1);
});

it("asks anew for another version", async () => {
  const { server, forms } = setUp();
  await forms.fetch({ id: "klein", version: "v1" });
  server.version = "v2";
  const changed = await forms.fetch({ id: "klein", version: "v2" });
  expect(changed.summary?.version).toBe("v2");
  expect(server.asked).toBe(2);
});

it("reads the version that a job was booked with, once", async () => {
  const { server, forms } = setUp();
  server.version = "v2";
  const old = await forms.fetchKept({ id: "klein", version: "v1" });
  expect([old.summary?.version, old.inputs[0]?.name]).toEqual(["v1", "old"]);
  expect(await forms.fetchKept({ id: "klein", version: "v1" })).toBe(old);
  expect(server.asked).toBe(1);
  expect((await forms.fetch({ id: "klein", version: "v2" })).summary?.version).toBe("v2");
});

it("keeps a workflow that has changed meanwhile under the version that it has", async () => {
  const { server, forms } = setUp();
  server.version = "v2";
  expect((await forms.fetch({ id: "klein", version: "v1" })).summary?.version).toBe("v2");
  expect(forms.get({ id: "klein", version: "v1" })).toBeUndefined();
  expect(forms.get({ id: "klein", version: "v2" })).toBeDefined();
});

it("asks again after a while for what ComfyUI has now, and gives what it knows meanwhile", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { server, forms } = setUp();
  const named = { id: "klein", version: "v1" };
  const first = await forms.fetch(named);
  vi.setSystemTime(Date.now() + 16_000);
  const second = forms.fetch(named);
  expect(forms.get(named)).toBe(first);
  const renewed = await second;
  expect(forms.get(named)).toBe(renewed);
  expect(server.asked).toBe(2);
});
