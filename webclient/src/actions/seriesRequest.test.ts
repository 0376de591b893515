import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { emptyValues } from "../form/values";
import { InputValueSchema } from "../gen/comfyscheduler/v1/input_pb";
import { klein, noon } from "../testing/fixtures";
import { seriesRequest } from "./seriesRequest";

const values = { ...emptyValues(klein), prompt: "A fox" };
const text = (value: string) => create(InputValueSchema, { value: { case: "text", value } });
const whole = (value: bigint) => create(InputValueSchema, { value: { case: "integer", value } });

it("what differs from job to job is not among what all have", () => {
  const axes = [{ name: "width", values: [whole(512n), whole(768n)] }];
  const { request } = seriesRequest({ workflow: klein, values, series: { total: 2, axes }, sooner: true });
  expect(Object.keys(request?.inputs ?? {})).toEqual(["prompt", "cfg", "sampler", "tiled"]);
  expect(request).toMatchObject({ axes: [{ inputName: "width" }], count: 0, sooner: true });
});

it("a list of prompts needs no other prompt, and a start is exact", () => {
  const items = [
    { name: "prompt", value: text("A fox") },
    { name: "prompt", value: text("A hare") },
  ];
  const blank = { ...values, prompt: "" };
  const wish = { workflow: klein, values: blank, series: { total: 2, items }, start: noon, sooner: true };
  const { request } = seriesRequest(wish);
  expect(request?.items).toHaveLength(2);
  expect(request?.inputs?.["prompt"]).toBeUndefined();
  expect(request?.start).toEqual({ case: "startMs", value: BigInt(noon) });
  expect(request?.sooner).toBeUndefined();
});

it("variations of nothing are complained about when they are booked, not while they are asked about", () => {
  const wish = { workflow: klein, values: { ...values, prompt: "" }, series: { total: 4, count: 4 } };
  expect(seriesRequest(wish).errors?.get("prompt")).toBe("Describe what you want.");
  expect(seriesRequest({ ...wish, placeholder: "…" }).request?.count).toBe(4);
});
