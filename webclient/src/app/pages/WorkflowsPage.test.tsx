import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { MemoryRouter, useLocation } from "react-router";
import { afterEach, expect, it, vi } from "vitest";
import { NoticeProvider } from "../../components/Notices";
import { UserSchema } from "../../gen/comfyscheduler/v1/identity_pb";
import { WorkflowFitnessState, WorkflowMeasurementState } from "../../gen/comfyscheduler/v1/workflow_pb";
import { createApi } from "../../lib/transport";
import { LiveProvider } from "../../live/LiveContext";
import { bookableState, response, testLive, visitor } from "../../testing/fixtures";
import { stubUploads } from "../../testing/uploads";
import { problems, serveWorkflows, type WorkflowServer, workflow, workflowServer } from "../../testing/workflows";
import WorkflowsPage from "./WorkflowsPage";

function setUp(server: WorkflowServer, { path = "/workflows", administrator = true, everybodyImports = false } = {}) {
  const live = testLive({ api: createApi(createRouterTransport((router) => void serveWorkflows(router, server))) });
  live.store.apply(
    administrator
      ? { kind: "me", user: create(UserSchema, { id: "user-1", name: "Ada", administrator: true }) }
      : visitor,
  );
  live.store.apply(bookableState());
  const statuses = [{ system: { everybodyImports } }];
  live.store.apply({ kind: "response", receivedAt: Date.now(), response: response({ statuses }) });
  let at = "";
  function Address() {
    const { pathname, search } = useLocation();
    at = pathname + search;
    return null;
  }
  render(
    <LiveProvider live={live}>
      <MemoryRouter initialEntries={[path]}>
        <NoticeProvider>
          <WorkflowsPage />
          <Address />
        </NoticeProvider>
      </MemoryRouter>
    </LiveProvider>,
  );
  return { address: () => at };
}

const press = (name: string | RegExp) => act(async () => void fireEvent.click(screen.getByRole("button", { name })));
const sheet = () => within(screen.getByRole("dialog"));

/** Drops a file onto the page, and others with it. */
function drop(name: string, content: BlobPart, ...others: string[]) {
  const event = new Event("drop") as Event & { dataTransfer?: object };
  const files = [name, ...others].map((each) => new File([content], each));
  event.dataTransfer = { types: ["Files"], files };
  return act(async () => void dispatchEvent(event));
}

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("shows the form of a dropped file before it is kept, and books it after", async () => {
  const server = workflowServer();
  const { address } = setUp(server);
  await drop("fox.json", "{}");
  await waitFor(() => expect(sheet().getByLabelText<HTMLInputElement>("Title").value).toBe("Fox"));
  expect(server.imports.map(({ checkOnly, filename, source }) => [checkOnly, filename, source.case])).toEqual([
    [true, "fox.json", "content"],
  ]);
  expect(server.workflows.size).toBe(0);
  expect(sheet().getByRole("textbox", { name: "Prompt" })).toBeDefined();
  expect(sheet().getByText(/nothing saved depends on/)).toBeDefined();

  act(() => void fireEvent.change(sheet().getByLabelText("Title"), { target: { value: "Red fox" } }));
  await press("Add");
  expect(server.imports[1]).toMatchObject({
    checkOnly: false,
    title: "Red fox",
    requestId: expect.stringMatching(/-4/),
  });
  await waitFor(() => expect(address()).toBe("/workflows?id=fox"));
  await waitFor(() => expect(screen.getByRole("heading", { name: "Fox" })).toBeDefined());
  act(() => void fireEvent.click(screen.getAllByRole("button", { name: "Book it" })[0] as HTMLElement));
  expect(address()).toBe("/?workflow=fox");
});

it("says each thing that keeps a file from being taken, with its node", async () => {
  const server = workflowServer();
  server.refusal = { "12": "it has no class_type", "": "two more nodes are broken" };
  setUp(server);
  await drop("broken.json", "{");
  const dialog = await screen.findByRole("dialog", { name: "broken.json cannot be taken" });
  expect(within(dialog).getByText("Node 12")).toBeDefined();
  expect(within(dialog).getByText("It has no class_type")).toBeDefined();
  expect(within(dialog).getByText("Two more nodes are broken")).toBeDefined();
  expect(screen.queryByRole("button", { name: "Add" })).toBeNull();
});

it("looks at several files one after the other, each under its own title", async () => {
  const server = workflowServer();
  setUp(server);
  await drop("a.json", "{}", "b.json");
  act(() => void fireEvent.change(sheet().getByLabelText("Title"), { target: { value: "First" } }));
  expect(sheet().getByText("1 more file after it")).toBeDefined();
  await press("Add");
  await waitFor(() => expect(sheet().getByText("From b.json")).toBeDefined());
  expect(sheet().getByLabelText<HTMLInputElement>("Title").value).toBe("Fox");
  expect(server.imports.map(({ filename, checkOnly }) => [filename, checkOnly])).toEqual([
    ["a.json", true],
    ["a.json", false],
    ["b.json", true],
  ]);
});

it("brings a large file on its own way", async () => {
  const server = workflowServer();
  const sent = stubUploads(({ answer }) => answer({ id: "upload-1" }));
  setUp(server);
  await drop("film.mp4", new Uint8Array((2 << 20) + 1));
  await screen.findByLabelText("Title");
  expect(sent.map(({ path, name }) => [path, name])).toEqual([["/uploads", "film.mp4"]]);
  await press("Add");
  expect(server.imports.map(({ source }) => source)).toEqual([
    { case: "uploadId", value: "upload-1" },
    { case: "uploadId", value: "upload-1" },
  ]);
});

it("finds a template of ComfyUI by words, and looks at it as at a file", async () => {
  const server = workflowServer();
  setUp(server);
  await press("ComfyUI's templates");
  await sheet().findByRole("button", { name: /^Upscale by 4/ });
  act(() => void fireEvent.change(sheet().getByRole("searchbox"), { target: { value: "video" } }));
  await waitFor(() => expect(sheet().queryByRole("button", { name: /^Upscale/ })).toBeNull());
  act(() => void fireEvent.click(sheet().getByRole("button", { name: /^Image to Video/ })));
  await screen.findByRole("dialog", { name: "New workflow" });
  await screen.findByLabelText("Title");
  expect(server.imports.map(({ source }) => source)).toEqual([{ case: "template", value: "image_to_video" }]);
});

it("says for each worker what is missing, and measures where somebody asks for it", async () => {
  const wan = workflow("wan", {
    summary: { title: "Wan", bookable: false },
    workers: [
      { workerId: "gpu", state: WorkflowFitnessState.CANNOT_RUN, problems },
      {
        workerId: "gpu-2",
        state: WorkflowFitnessState.BAD_RESULT,
        measurement: { state: WorkflowMeasurementState.BAD_RESULT, text: "The picture is black." },
      },
    ],
  });
  const server = workflowServer(wan);
  setUp(server, { path: "/workflows?id=wan" });
  const section = within(await screen.findByRole("region", { name: "Can it run here?" }));
  expect(section.getByText("2 things missing")).toBeDefined();
  expect(section.getByText(/into models\/diffusion_models · 13.3 GiB/)).toBeDefined();
  expect(section.getByText("ComfyUI-VideoHelperSuite")).toBeDefined();
  expect(section.getByText(/The picture is black\./)).toBeDefined();
  expect(screen.queryByRole("button", { name: "Book it" })).toBeNull();
  await press("Its result is good enough");
  await press("Measure now");
  expect(server.measures.map(({ workerId, acceptResult }) => [workerId, acceptResult])).toEqual([
    ["gpu-2", true],
    ["gpu-2", false],
  ]);
});

it("says why a workflow is not measured, as one sentence", async () => {
  const text = "it needs a file, so it is never measured";
  const measurement = { state: WorkflowMeasurementState.NEVER, text };
  const repair = workflow("repair", { workers: [{ workerId: "gpu", state: WorkflowFitnessState.RUNS, measurement }] });
  setUp(workflowServer(repair), { path: "/workflows?id=repair" });
  expect(await screen.findByText("It needs a file, so it is never measured.")).toBeDefined();
});

it("edits the form beside its preview, and sends what was changed against the version that was looked at", async () => {
  const server = workflowServer(workflow("fox"));
  setUp(server, { path: "/workflows?id=fox" });
  await screen.findByRole("button", { name: "Edit the form" });
  await press("Edit the form");
  const list = within(await screen.findByRole("region", { name: "Inputs" }));
  const preview = within(screen.getByRole("region", { name: "Preview" }));

  act(() => void fireEvent.click(list.getByRole("button", { name: /^Steps/ })));
  act(() => void fireEvent.change(list.getByLabelText("Label"), { target: { value: "Rounds" } }));
  expect(preview.getByLabelText("Rounds")).toBeDefined();
  await press("Do not show Tiled decoding");
  expect(preview.queryByLabelText("Tiled decoding")).toBeNull();
  await press(/^Not shown/);
  await press("Show Pictures at once");
  expect(preview.getByLabelText("Pictures at once")).toBeDefined();
  const handle = list.getByRole("button", { name: /^Move Negative prompt, 3 of/ });
  act(() => void fireEvent.keyDown(handle, { key: "ArrowUp" }));

  await press("Save the form");
  const [update] = server.updates;
  expect(update?.version).toBe("v1");
  expect(update?.inputs).toMatchObject([
    { name: "steps", label: "Rounds" },
    { name: "tiled", hidden: true },
    { name: "batch", hidden: false },
  ]);
  expect(update?.order.slice(0, 3)).toEqual(["picture", "negative", "prompt"]);
  await waitFor(() => expect(screen.queryByRole("region", { name: "Inputs" })).toBeNull());
});

it("describes a workflow, switches it off, and deletes it when that is meant", async () => {
  const server = workflowServer(workflow("fox"));
  const { address } = setUp(server, { path: "/workflows?id=fox" });
  await screen.findByRole("button", { name: "Describe it" });
  await press("Describe it");
  act(() => void fireEvent.change(screen.getByLabelText("What it does"), { target: { value: "Draws foxes." } }));
  act(() => void fireEvent.change(screen.getByLabelText("Tags"), { target: { value: "animals, #red, animals" } }));
  await press("Save");
  await screen.findByText("Draws foxes.");
  await press("Switch off");
  expect(server.updates).toMatchObject([
    { description: "Draws foxes.", tags: { tags: ["animals", "red"] } },
    { disabled: true },
  ]);
  expect(server.updates[0]?.title).toBeUndefined();
  await press("Delete");
  expect(server.workflows.size).toBe(1);
  act(() => void fireEvent.click(within(screen.getByRole("alertdialog")).getByRole("button", { name: "Delete" })));
  await waitFor(() => expect(address()).toBe("/workflows"));
  expect(server.workflows.size).toBe(0);
});

it("shows others what there is, and offers them nothing that would be refused", async () => {
  const server = workflowServer(workflow("fox", { summary: { title: "Fox" }, editable: false }));
  setUp(server, { administrator: false });
  await screen.findByRole("button", { name: /^Fox/ });
  await press(/^Fox/);
  await screen.findByRole("button", { name: "Book it" });
  await drop("fox.json", "{}");
  expect(server.imports).toEqual([]);
  for (const name of [
    "Edit the form",
    "Describe it",
    "Switch off",
    "Delete",
    "Check again",
    "Measure now",
    "Choose a file",
  ])
    expect(screen.queryByRole("button", { name })).toBeNull();
});

it("lets everybody bring files where the server says so", async () => {
  const server = workflowServer();
  setUp(server, { administrator: false, everybodyImports: true });
  expect(screen.queryByRole("button", { name: "Check all again" })).toBeNull();
  await drop("fox.json", "{}");
  await waitFor(() => expect(sheet().getByLabelText("Title")).toBeDefined());
});
