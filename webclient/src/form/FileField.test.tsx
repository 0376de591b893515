import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { NoticeProvider } from "../components/Notices";
import { AssetService, type CreateAssetFromResultRequest } from "../gen/comfyscheduler/v1/asset_service_pb";
import { FileKind, type InputSchema } from "../gen/comfyscheduler/v1/input_pb";
import { JobStatus, ResultKind } from "../gen/comfyscheduler/v1/job_pb";
import { SchedulerService } from "../gen/comfyscheduler/v1/scheduler_service_pb";
import { type Workflow, WorkflowSchema } from "../gen/comfyscheduler/v1/workflow_pb";
import { createApi } from "../lib/transport";
import { LiveProvider } from "../live/LiveContext";
import { job, testLive, visitor } from "../testing/fixtures";
import { type SentFile, stubUploads } from "../testing/uploads";
import { FileDrops } from "./files/FileDrops";
import { notThereYet } from "./fileText";
import { InputFields } from "./InputFields";
import { emptyValues, type FieldErrors, type FormValues, readValues } from "./values";

const id = (digit: string) => digit.repeat(64);
const fox = {
  id: id("a"),
  kind: "image",
  media_type: "image/png",
  size_bytes: 2048,
  name: "fox.png",
  width: 64,
  height: 48,
};

const fileInput = (name: string, kind: FileKind, more: object = {}): MessageInitShape<typeof InputSchema> => ({
  name,
  label: name,
  kind: { case: "file", value: { kind, inputFiles: ["example.png", "people/ada.png"] } },
  ...more,
});

/** A page with a form of these inputs, and what stands in its fields. */
function setUp(inputs: MessageInitShape<typeof InputSchema>[], values: FormValues = {}) {
  const workflow: Workflow = create(WorkflowSchema, { inputs: inputs as Workflow["inputs"] });
  const taken: CreateAssetFromResultRequest[] = [];
  const deleted: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(AssetService, {
      getAsset: ({ assetId }) => {
        if (assetId !== id("b")) throw new ConnectError("there is no file of yours with this id", Code.NotFound);
        return {
          asset: {
            id: id("b"),
            kind: FileKind.IMAGE,
            name: "boat.jpg",
            sizeBytes: 3_000_000n,
            width: 4000,
            height: 3000,
          },
        };
      },
      listAssets: () => ({
        assets: [{ id: id("b"), name: "boat.jpg", sizeBytes: 3_000_000n }],
        usedBytes: 3_000_000n,
        quotaBytes: 5_368_709_120n,
      }),
      deleteAsset: ({ assetId }) => {
        deleted.push(assetId);
        return {};
      },
      createAssetFromResult: (request) => {
        taken.push(request);
        return { asset: { id: id("c"), kind: FileKind.IMAGE, name: "heron.png", sizeBytes: 10n } };
      },
    });
    service(SchedulerService, {
      listJobs: () => ({
        jobs: [
          job("00000000-0000-4000-8000-000000000001", {
            status: JobStatus.COMPLETED,
            prompt: "A heron at dawn",
            results: [
              { kind: ResultKind.TEXT, text: "words" },
              { kind: ResultKind.IMAGE, filename: "heron.png" },
              { kind: ResultKind.IMAGE, filename: "gone.png", overwritten: true },
            ],
          }),
        ],
      }),
    });
  });
  const live = testLive({ api: createApi(transport) });
  live.store.apply(visitor);
  let now: FormValues = {};
  let submit = () => {};
  function Form() {
    const [errors, setErrors] = useState<FieldErrors>(new Map());
    submit = () => setErrors(readValues(now, workflow).errors ?? new Map());
    const [state, setValues] = useState<FormValues>(() => ({ ...emptyValues(workflow), ...values }));
    now = state;
    return <InputFields workflow={workflow} values={state} errors={errors} onChange={setValues} />;
  }
  render(
    <LiveProvider live={live}>
      <NoticeProvider>
        <FileDrops>
          <Form />
        </FileDrops>
      </NoticeProvider>
    </LiveProvider>,
  );
  const read = () => readValues(now, workflow);
  return { workflow, values: () => now, read, submit: () => act(() => submit()), taken, deleted };
}

/** The server of uploads: everything waits until it is answered. */
function server(): SentFile[] {
  return stubUploads(() => {});
}

const file = (name: string, type: string) => new File(["content"], name, { type });
const choose = (label: string, ...files: File[]) =>
  act(async () => void fireEvent.change(screen.getByLabelText(label), { target: { files } }));
/** Lets files go over an element, as a hand does. */
const drop = (target: Element, ...files: File[]) =>
  act(async () => {
    const items = files.map(({ type }) => ({ kind: "file", type }));
    const dataTransfer = { files, items, types: ["Files"] };
    fireEvent.dragEnter(target, { dataTransfer });
    fireEvent.drop(target, { dataTransfer });
  });
const press = (name: string | RegExp) => act(async () => void fireEvent.click(screen.getByRole("button", { name })));
const answer = (sent: SentFile | undefined, body: object, status = 200) => act(async () => sent?.answer(body, status));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("sends a file that is chosen, shows how far it is, and books by its id", async () => {
  const sent = server();
  const { read } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  expect(read().errors?.get("Photo")).toBe("Choose a picture.");
  await choose("Photo", file("fox.png", "image/png"));
  act(() => sent[0]?.progress(0.4));
  expect(screen.getByRole("progressbar", { name: "Uploading fox.png" }).getAttribute("aria-valuenow")).toBe("40");
  expect(read().errors?.get("Photo")).toMatch(/still being uploaded/);
  await answer(sent[0], fox);
  expect(screen.getByText("fox.png")).toBeDefined();
  expect(screen.getByText("64 × 48, 2 KiB")).toBeDefined();
  const value = read().inputs?.["Photo"]?.value;
  expect(value?.case === "file" && value.value.source).toEqual({ case: "assetId", value: id("a") });
});

it("goes back to what was there when an upload is cancelled", async () => {
  const sent = server();
  const { values } = setUp([fileInput("Photo", FileKind.IMAGE)], { Photo: "example.png" });
  await choose("Photo", file("fox.png", "image/png"));
  await press("Cancel");
  expect(sent[0]?.aborted()).toBe(true);
  expect(values()["Photo"]).toBe("example.png");
  expect(screen.queryByRole("progressbar")).toBeNull();
});

it("says a refusal at the field in the server's words, and tries the same file again", async () => {
  const sent = server();
  const { values } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  await choose("Photo", file("fox.png", "image/png"));
  await answer(sent[0], { message: "this is a ZIP archive; pictures, video, sound and 3D files are taken" }, 415);
  expect(screen.getByText("This is a ZIP archive; pictures, video, sound and 3D files are taken.")).toBeDefined();
  expect(screen.getByLabelText("Photo").getAttribute("aria-invalid")).toBe("true");
  expect(values()["Photo"]).toBe("");
  await press("Try again");
  await answer(sent[1], fox);
  expect(values()["Photo"]).toBe(`asset:${id("a")}`);
});

it("complains of a file on its way only until it is there", async () => {
  const sent = server();
  const { submit } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  await choose("Photo", file("fox.png", "image/png"));
  submit();
  expect(screen.getByText(notThereYet)).toBeDefined();
  await answer(sent[0], fox);
  expect(screen.queryByText(notThereYet)).toBeNull();
});

it("keeps what was typed elsewhere while a file was on its way", async () => {
  const sent = server();
  const text = { name: "Prompt", label: "Prompt", role: 1, kind: { case: "text", value: { maxBytes: 100 } } } as const;
  const { values } = setUp([fileInput("Photo", FileKind.IMAGE), text]);
  await choose("Photo", file("fox.png", "image/png"));
  act(() => void fireEvent.change(screen.getByLabelText("Prompt"), { target: { value: "A fox" } }));
  await answer(sent[0], fox);
  expect(values()).toEqual({ Photo: `asset:${id("a")}`, Prompt: "A fox" });
});

it("shows a draft's file again, and takes nothing for granted of an upload that the page was left in", async () => {
  const { values } = setUp([fileInput("Photo", FileKind.IMAGE), fileInput("Other", FileKind.IMAGE)], {
    Photo: `asset:${id("b")}`,
    Other: "uploading:left.png",
  });
  expect(await screen.findByText("boat.jpg")).toBeDefined();
  expect(screen.getByText("4000 × 3000, 2.9 MiB")).toBeDefined();
  expect(values()["Other"]).toBe("");
});

it("says what the server says of a file that is not there any more", async () => {
  setUp([fileInput("Photo", FileKind.IMAGE)], { Photo: `asset:${id("d")}` });
  expect(await screen.findByText("There is no file of yours with this id.")).toBeDefined();
});

it("takes a file that is dropped anywhere to the field that takes its kind", async () => {
  const sent = server();
  const { values } = setUp([
    fileInput("Mask", FileKind.MASK),
    fileInput("Photo", FileKind.IMAGE),
    fileInput("Second", FileKind.IMAGE),
    fileInput("Tune", FileKind.AUDIO),
  ]);
  await drop(document.body, file("fox.png", "image/png"), file("song.opus", ""), file("clip.mp4", "video/mp4"));
  expect(sent.map(({ name }) => name)).toEqual(["fox.png", "song.opus"]);
  expect(screen.getByText("No field here takes a video such as “clip.mp4”.")).toBeDefined();
  expect(values()).toMatchObject({ Photo: "uploading:fox.png", Second: "", Mask: "", Tune: "uploading:song.opus" });
  await answer(sent[0], fox);
  await answer(sent[1], { ...fox, id: id("e"), kind: "audio" });
  await drop(document.body, file("owl.png", "image/png"));
  expect(values()["Second"]).toBe("uploading:owl.png");
  await answer(sent[2], fox);
});

it("lets a field have what is dropped on it, if it takes it", async () => {
  const sent = server();
  const { values } = setUp([fileInput("Photo", FileKind.IMAGE), fileInput("Second", FileKind.IMAGE)]);
  await drop(screen.getByLabelText("Second"), file("owl.png", "image/png"));
  expect(values()).toEqual({ Photo: "", Second: "uploading:owl.png" });
  expect(sent).toHaveLength(1);
  await answer(sent[0], fox);
});

it("takes a picture that is pasted", async () => {
  const sent = server();
  setUp([fileInput("Photo", FileKind.IMAGE)]);
  const clipboardData = { files: [file("image.png", "image/png")], types: ["Files"] };
  await act(async () => void fireEvent.paste(document.body, { clipboardData }));
  expect(sent.map(({ name }) => name)).toEqual(["image.png"]);
  await answer(sent[0], fox);
});

it("makes a result of one's own job the input of another, without a byte through the browser", async () => {
  const { values, taken } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  await press(/^My files/);
  await act(async () => void fireEvent.click(await screen.findByRole("button", { name: /^A heron at dawn/ })));
  await waitFor(() => expect(values()["Photo"]).toBe(`asset:${id("c")}`));
  expect(taken.map(({ jobId, resultIndex }) => [jobId, resultIndex])).toEqual([
    ["00000000-0000-4000-8000-000000000001", 1],
  ]);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByText("heron.png")).toBeDefined();
});

it("offers what was handed in before, with the room it takes, and deletes it", async () => {
  const { values, deleted } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  await press(/^My files/);
  await press("My uploads");
  expect(await screen.findByText("Your files take 2.9 MiB of 5 GiB.")).toBeDefined();
  await press(/^boat\.jpg/);
  expect(values()["Photo"]).toBe(`asset:${id("b")}`);
  await press(/^My files/);
  await press("My uploads");
  await screen.findByText("Your files take 2.9 MiB of 5 GiB.");
  await press("Delete boat.jpg");
  expect(deleted).toEqual([id("b")]);
  expect(screen.getByText("You have handed in no picture yet.")).toBeDefined();
});

it("offers the files in ComfyUI's input folder, and takes a name that is not listed", async () => {
  const { read, values } = setUp([fileInput("Photo", FileKind.IMAGE)]);
  await press(/^My files/);
  await press(/input folder$/);
  await press(/^people/);
  expect(values()["Photo"]).toBe("people/ada.png");
  await press(/^My files/);
  await press(/input folder$/);
  const search = screen.getByRole("searchbox");
  act(() => void fireEvent.change(search, { target: { value: "new/photo.png" } }));
  await press(/Take this name$/);
  const value = read().inputs?.["Photo"]?.value;
  expect(value?.case === "file" && value.value.source).toEqual({ case: "inputFile", value: "new/photo.png" });
});

it("offers a mask to be painted once there is a picture to paint over", async () => {
  const sent = server();
  setUp([fileInput("Photo", FileKind.IMAGE), fileInput("Mask", FileKind.MASK)]);
  const paint = () => screen.getByRole<HTMLButtonElement>("button", { name: "Paint mask for Mask" });
  expect(paint().disabled).toBe(true);
  await choose("Photo", file("fox.png", "image/png"));
  await answer(sent[0], fox);
  expect(paint().disabled).toBe(false);
  expect(screen.queryByRole("button", { name: "Paint mask for Photo" })).toBeNull();
});

it("removes a file where the form can do without, and resets it where there is a default", async () => {
  const withDefault = { kind: FileKind.IMAGE, inputFiles: ["example.png"], default: "example.png" };
  const { values } = setUp(
    [
      fileInput("Style", FileKind.IMAGE, { optional: true }),
      fileInput("Photo", FileKind.IMAGE, { kind: { case: "file", value: withDefault } }),
    ],
    { Style: `asset:${id("b")}`, Photo: `asset:${id("b")}` },
  );
  await press("Remove Style");
  expect(screen.queryByRole("button", { name: "Remove Photo" })).toBeNull();
  await press("Reset Photo");
  expect(values()).toEqual({ Style: "", Photo: "example.png" });
});
