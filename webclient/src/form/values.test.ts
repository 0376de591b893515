import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { InputSchema } from "../gen/comfyscheduler/v1/input_pb";
import { job, klein } from "../testing/fixtures";
import { changedInputs, emptyValues, lacksPrompt, readValues, rebased, sameValues, valuesOf } from "./values";

const filled = { ...emptyValues(klein), prompt: "A fox" };
const withInputs = (...more: Parameters<typeof create<typeof InputSchema>>[1][]) => ({
  ...klein,
  inputs: [...klein.inputs, ...more.map((input) => create(InputSchema, input))],
});

describe("readValues", () => {
  it("reads the defaults of every kind, and leaves an open seed to the server", () => {
    const { inputs } = readValues(filled, klein);
    expect(Object.entries(inputs ?? {}).map(([name, { value }]) => [name, value.case, value.value])).toEqual([
      ["prompt", "text", "A fox"],
      ["width", "integer", 512n],
      ["cfg", "number", 1.5],
      ["sampler", "text", "euler"],
      ["tiled", "boolean", false],
    ]);
  });

  it("keeps 64 bits exact, of seeds and of whole numbers", () => {
    const seed = readValues({ ...filled, seed: "18446744073709551615" }, klein).inputs?.["seed"];
    expect(seed?.value).toEqual({ case: "seed", value: 2n ** 64n - 1n });
    const wide = withInputs({ name: "big", kind: { case: "integer", value: {} } });
    const big = readValues({ ...filled, big: "-9007199254740993" }, wide).inputs?.["big"];
    expect(big?.value.value).toBe(-9007199254740993n);
  });

  it.each([
    ["prompt", { prompt: "  \n " }],
    ["prompt", { prompt: "é".repeat(8_193) }],
    ["seed", { seed: "1.5" }],
    ["seed", { seed: "18446744073709551616" }],
    ["width", { width: "63" }],
    ["width", { width: "100.5" }],
    ["cfg", { cfg: "" }],
    ["cfg", { cfg: "-1" }],
  ])("complains about %s next to the field", (field, change) => {
    expect([...(readValues({ ...filled, ...change }, klein).errors?.keys() ?? [])]).toEqual([field]);
  });

  it("collects every complaint", () => {
    const { errors } = readValues({ ...filled, prompt: "", seed: "x", width: "9" }, klein);
    expect(errors?.size).toBe(3);
  });

  it("leaves an optional input that is empty out", () => {
    const workflow = withInputs({ name: "strength", optional: true, kind: { case: "number", value: { min: 0 } } });
    expect(readValues({ ...filled, strength: " " }, workflow).inputs).not.toHaveProperty("strength");
    expect(readValues({ ...filled, strength: "-2" }, workflow).errors?.get("strength")).toBe("At least 0.");
  });

  it("reads a workflow that has neither prompt nor seed", () => {
    const bare = { ...klein, inputs: klein.inputs.filter(({ role }) => role === 0) };
    expect(lacksPrompt({}, bare)).toBe(false);
    expect(Object.keys(readValues(emptyValues(bare), bare).inputs ?? {})).toEqual(["width", "cfg", "sampler", "tiled"]);
  });
});

describe("valuesOf", () => {
  it("shows what a job was booked with, and reads back the same", () => {
    const { inputs = {} } = readValues({ ...filled, seed: "9007199254740993" }, klein);
    const booked = job("a", { inputs });
    expect(valuesOf(booked)["seed"]).toBe("9007199254740993");
    expect(sameValues(valuesOf(booked), { ...filled, seed: "9007199254740993" })).toBe(true);
    expect(sameValues(valuesOf(booked), filled)).toBe(false);
  });
});

describe("an edit", () => {
  const base = { ...filled, seed: "7" };

  it("sends what was changed, and what was emptied as a wish for its default or for another seed", () => {
    const typed = { ...base, width: "640", seed: "" };
    const { inputs = {} } = readValues(typed, klein);
    const change = changedInputs(inputs, typed, base);
    expect([Object.keys(change.inputs), change.resetInputs]).toEqual([["width"], ["seed"]]);
  });

  it("goes on from another state with what was typed alone", () => {
    const current = { ...base, width: "1024", cfg: "3" };
    expect(rebased({ ...base, prompt: "A hare", cfg: "2" }, base, current)).toEqual({
      ...current,
      prompt: "A hare",
      cfg: "2",
    });
  });
});
