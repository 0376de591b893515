import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { type Input, InputSchema } from "../gen/comfyscheduler/v1/input_pb";
import { klein } from "../testing/fixtures";
import { carried } from "./carry";

/** The form of `klein` with some of its inputs replaced, left out (by undefined) or added. */
function form(changes: Record<string, Parameters<typeof create<typeof InputSchema>>[1] | undefined> = {}) {
  const kept = klein.inputs.filter(({ name }) => !(name in changes));
  const made = Object.entries(changes).flatMap(([name, init]) =>
    init ? [create(InputSchema, { name, ...init } as Input)] : [],
  );
  return { inputs: [...kept, ...made] };
}

it("keeps what fits and says nothing when nothing changed", () => {
  const typed = { prompt: "A fox", width: "640", tiled: true };
  expect(carried(typed, form(), form())).toEqual({ values: typed, changes: [] });
});

it("gives a value that does not fit any more up, and says what stood there and what fits", () => {
  const narrower = form({
    width: { label: "Width", kind: { case: "integer", value: { min: 64n, max: 512n, default: 512n } } },
  });
  const { values, changes } = carried({ prompt: "A fox", width: "640" }, form(), narrower);
  expect(values).toEqual({ prompt: "A fox" });
  expect(changes).toEqual([
    { name: "width", text: "“Width”: “640” does not fit any more. From 64 to 512. It is “512” now.", lost: "640" },
  ]);
});

it("keeps a half-typed number half typed", () => {
  const narrower = form({ width: { kind: { case: "integer", value: { max: 512n } } } });
  expect(carried({ width: "1e" }, form(), narrower).values).toEqual({ width: "1e" });
});

it("never drops a text: what has no field any more is kept in case it comes back, and handed out", () => {
  const story = "A very long story about a fox. ".repeat(20);
  const { values, changes } = carried({ prompt: story }, form(), form({ prompt: undefined }));
  expect(values).toEqual({ prompt: story });
  expect(changes).toEqual([{ name: "prompt", text: "“Prompt” is gone.", lost: story }]);
  expect(carried(values, form({ prompt: undefined }), form()).values).toEqual({ prompt: story });
});

it("tells of what is new, gone, limited or offered differently, though nothing was typed there", () => {
  const other = form({
    cfg: undefined,
    sampler: { kind: { case: "choice", value: { choices: ["euler", "ddim"], default: "euler" } } },
    width: { label: "Width", kind: { case: "integer", value: { min: 64n, max: 1024n, default: 512n } } },
    strength: { label: "Strength", kind: { case: "number", value: {} } },
  });
  expect(carried({}, form(), other).changes.map(({ text }) => text)).toEqual([
    "“sampler” has other choices.",
    "“Width” has other limits. From 64 to 1024.",
    "“Strength” is new.",
    "“cfg” is gone.",
  ]);
});

it("takes a choice that a long list was cut of, and none that is not offered any more", () => {
  const other = form({ sampler: { kind: { case: "choice", value: { choices: ["euler"], default: "euler" } } } });
  expect(carried({ sampler: "rare" }, form(), other).values).toEqual({ sampler: "rare" });
  expect(carried({ sampler: "dpm" }, form(), other).values).toEqual({});
});

it("needs no earlier form to find what does not fit", () => {
  const { values, changes } = carried({ width: "9", gone: "x" }, undefined, form());
  expect(values).toEqual({ gone: "x" });
  expect(changes.map(({ name }) => name)).toEqual(["width", "gone"]);
});
