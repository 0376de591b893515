import { describe, expect, it } from "vitest";
import { job, klein } from "../testing/fixtures";
import { emptyValues, promptLimit, readValues, sameValues, valuesOf } from "./values";

const filled = { ...emptyValues(klein), prompt: "A fox" };

describe("readValues", () => {
  it("reads the defaults of every kind", () => {
    const { settings } = readValues(filled, klein);
    expect(settings?.seed).toBeUndefined();
    expect(
      Object.entries(settings?.parameters ?? {}).map(([name, { value }]) => [name, value.case, value.value]),
    ).toEqual([
      ["width", "integer", 512n],
      ["cfg", "number", 1.5],
      ["sampler", "text", "euler"],
      ["tiled", "boolean", false],
    ]);
  });

  it("keeps a 64-bit seed exact", () => {
    expect(readValues({ ...filled, seed: "18446744073709551615" }, klein).settings?.seed).toBe(2n ** 64n - 1n);
  });

  it.each([
    ["prompt", { prompt: "  \n " }],
    ["prompt", { prompt: "é".repeat(promptLimit / 2 + 1) }],
    ["seed", { seed: "1.5" }],
    ["seed", { seed: "18446744073709551616" }],
    ["parameters.width", { parameters: { ...filled.parameters, width: "63" } }],
    ["parameters.width", { parameters: { ...filled.parameters, width: "100.5" } }],
    ["parameters.cfg", { parameters: { ...filled.parameters, cfg: "" } }],
    ["parameters.cfg", { parameters: { ...filled.parameters, cfg: "-1" } }],
  ])("complains about %s next to the field", (field, change) => {
    expect([...(readValues({ ...filled, ...change }, klein).errors?.keys() ?? [])]).toEqual([field]);
  });

  it("collects every complaint", () => {
    const { errors } = readValues({ prompt: "", seed: "x", parameters: { ...filled.parameters, width: "9" } }, klein);
    expect(errors?.size).toBe(3);
  });
});

describe("valuesOf", () => {
  it("shows what a job was booked with, and reads back the same", () => {
    const { settings } = readValues({ ...filled, seed: "9007199254740993" }, klein);
    const booked = job("a", { prompt: "A fox", seed: settings?.seed ?? 0n, parameters: settings?.parameters ?? {} });
    expect(valuesOf(booked).seed).toBe("9007199254740993");
    expect(sameValues(valuesOf(booked), { ...filled, seed: "9007199254740993" })).toBe(true);
    expect(sameValues(valuesOf(booked), filled)).toBe(false);
  });
});
