import { create } from "@bufbuild/protobuf";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import type { Workflow } from "../gen/comfyscheduler/v1/workflow_pb";
import { WorkflowSchema } from "../gen/comfyscheduler/v1/workflow_pb";
import { LiveProvider } from "../live/LiveContext";
import { testLive } from "../testing/fixtures";
import { manyInputs } from "../testing/workflows";
import { InputFields } from "./InputFields";
import { emptyValues, type FieldErrors, type FormValues, readValues } from "./values";

/** A form with an input of every kind, all of it in sight; `values` is what stands in the fields. */
function setUp(only?: readonly string[], errors: FieldErrors = new Map()) {
  const inputs = manyInputs.filter(({ name = "" }) => !only || only.includes(name));
  const workflow: Workflow = create(WorkflowSchema, { inputs: [...inputs] });
  let now: FormValues = {};
  function Form() {
    const [values, setValues] = useState(() => ({ ...emptyValues(workflow), prompt: "A fox" }) as FormValues);
    now = values;
    return <InputFields workflow={workflow} values={values} errors={errors} unfolded onChange={setValues} />;
  }
  render(
    <LiveProvider live={testLive()}>
      <Form />
    </LiveProvider>,
  );
  return { workflow, values: () => now };
}

const press = (name: string | RegExp) => act(() => void fireEvent.click(screen.getByRole("button", { name })));
const key = (element: HTMLElement, name: string) => act(() => void fireEvent.keyDown(element, { key: name }));

afterEach(cleanup);

it("has a labelled field for every input, whose defaults read as they are", () => {
  const { workflow, values } = setUp();
  for (const { label = "" } of manyInputs) expect(screen.getByLabelText(label)).toBeDefined();
  const { inputs = {} } = readValues(values(), workflow);
  expect(Object.entries(inputs).map(([name, { value }]) => [name, value.case])).toEqual([
    ["picture", "file"],
    ["prompt", "text"],
    ["negative", "text"],
    ["width", "integer"],
    ["height", "integer"],
    ["steps", "integer"],
    ["cfg", "number"],
    ["denoise", "number"],
    ["sampler", "text"],
    ["tiled", "boolean"],
  ]);
});

it("takes a complaint back when its field is changed, and no other", () => {
  setUp(
    undefined,
    new Map([
      ["prompt", "Describe what you want."],
      ["cfg", "At least 1."],
    ]),
  );
  const prompt = screen.getByLabelText("Prompt");
  act(() => void fireEvent.change(prompt, { target: { value: "A hare" } }));
  expect(screen.queryByText("Describe what you want.")).toBeNull();
  expect(prompt.getAttribute("aria-invalid")).not.toBe("true");
  expect(screen.getByText("At least 1.")).toBeDefined();
});

it("finds a choice of a long list by words, by keys alone", () => {
  const { values } = setUp(["lora"]);
  const field = screen.getByRole<HTMLInputElement>("combobox", { name: "LoRA" });
  key(field, "ArrowDown");
  expect(screen.getAllByRole("option")).toHaveLength(41);
  act(() => void fireEvent.change(field, { target: { value: "wash 07" } }));
  expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual(["styles/ink-wash-07.safetensors"]);
  key(field, "Enter");
  expect(values()["lora"]).toBe("styles/ink-wash-07.safetensors");
  expect(screen.queryByRole("listbox")).toBeNull();
});

it("leaves the choice as it was when the list is left by Escape, or by looking elsewhere", () => {
  const { values } = setUp(["lora"]);
  const field = screen.getByRole("combobox", { name: "LoRA" });
  act(() => void fireEvent.change(field, { target: { value: "wash" } }));
  key(field, "Escape");
  act(() => void fireEvent.change(field, { target: { value: "wash" } }));
  act(() => void fireEvent.blur(field));
  expect(values()["lora"]).toBe("");
});

it("sets both sides to a shape of the same area, and turns them", () => {
  const { values } = setUp(["width", "height"]);
  press("16:9");
  expect([values()["width"], values()["height"]]).toEqual(["1360", "768"]);
  press("Swap both sides");
  expect([values()["width"], values()["height"]]).toEqual(["768", "1360"]);
});

it("fixes a seed by a throw of the die, and lets it be drawn again", () => {
  const { values } = setUp(["seed"]);
  expect(screen.getByText("drawn for each booking")).toBeDefined();
  press("Random seed");
  expect(values()["seed"]).toMatch(/^\d+$/);
  expect(screen.getByText("fixed")).toBeDefined();
  press("Let it be drawn");
  expect(values()["seed"]).toBe("");
});

it("takes one field back to its default, or all of them", () => {
  const { values } = setUp(["prompt", "steps", "denoise", "tiled"]);
  act(() => void fireEvent.change(screen.getByLabelText("Steps"), { target: { value: "33" } }));
  press("Reset Steps");
  expect(values()["steps"]).toBe("20");
  act(() => void fireEvent.change(screen.getByLabelText("Steps"), { target: { value: "33" } }));
  act(() => void fireEvent.click(screen.getByLabelText("Tiled decoding")));
  press("Back to the defaults");
  expect(values()).toMatchObject({ prompt: "A fox", steps: "20", tiled: false });
});

it("slides only where a slider can be set exactly", () => {
  setUp(["steps", "cfg", "denoise"]);
  const sliders = [...document.querySelectorAll<HTMLInputElement>("input[type=range]")];
  expect(sliders.map(({ min, max, step }) => [min, max, step])).toEqual([
    ["1", "50", "1"],
    ["0", "1", "0.01"],
  ]);
  act(() => void fireEvent.change(sliders[1] as HTMLInputElement, { target: { value: "0.3" } }));
  expect(screen.getByLabelText<HTMLInputElement>("Strength").value).toBe("0.3");
});
