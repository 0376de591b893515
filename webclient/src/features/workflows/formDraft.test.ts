import { describe, expect, it } from "vitest";
import { InputRole } from "../../gen/comfyscheduler/v1/input_pb";
import { workflow } from "../../testing/workflows";
import { draftOf, editsOf, isDirty, moved, type Patch, patched, preview, rebased } from "./formDraft";

const { inputs } = workflow("fox");
const begin = draftOf(inputs);
const named = (name: string) => inputs.find((input) => input.name === name) as (typeof inputs)[number];
const change = (name: string, patch: Patch, draft = begin) => patched(draft, named(name), patch);
const shown = (name: string, patch: Patch) => preview(inputs, change(name, patch)).find((input) => input.name === name);

describe("what is asked of the server", () => {
  it("is nothing while nothing is another, or nothing any more", () => {
    expect(isDirty(inputs, begin)).toBe(false);
    const there = change("steps", { label: "Rounds", min: "2" });
    expect(isDirty(inputs, there)).toBe(true);
    expect(isDirty(inputs, change("steps", { label: "Steps", min: "1" }, there))).toBe(false);
    expect(editsOf(inputs, begin)).toEqual({ inputs: [], order: [] });
  });

  it("is each change alone, defaults in their kind", () => {
    let draft = change("steps", { default: "30", max: " 40 " });
    draft = change("sampler", { choices: ["euler", "ddim"], default: "ddim" }, draft);
    draft = change("tiled", { default: true, hidden: true }, draft);
    const { inputs: edits, order } = editsOf(inputs, draft);
    expect(order).toEqual([]);
    expect(edits).toMatchObject([
      { name: "steps", max: "40", default: { value: { case: "integer", value: 30n } } },
      { name: "sampler", choices: { choices: ["euler", "ddim"] }, default: { value: { case: "text", value: "ddim" } } },
      { name: "tiled", hidden: true, default: { value: { case: "boolean", value: true } } },
    ]);
  });

  it("is the whole order when one was moved", () => {
    const names = inputs.map(({ name }) => name);
    const { order } = editsOf(inputs, moved(begin, 0, 2));
    expect(order).toEqual([names[1], names[2], names[0], ...names.slice(3)]);
    expect(isDirty(inputs, moved(moved(begin, 0, 2), 2, 0))).toBe(false);
  });
});

it("goes on from another version with what was changed", () => {
  const draft = moved(change("steps", { label: "Rounds" }, change("tiled", { hidden: true })), 0, 1);
  const [added] = workflow("other", { inputs: [{ name: "added" }] }).inputs;
  const next = [...inputs.filter(({ name }) => name !== "tiled"), ...(added ? [added] : [])];
  const { order, patches } = rebased(draft, next);
  expect(order.slice(0, 2)).toEqual(["prompt", "picture"]);
  expect(order.at(-1)).toBe("added");
  expect(patches).toEqual({ steps: { label: "Rounds" } });
});

describe("the preview", () => {
  it("follows labels, limits, choices and defaults", () => {
    expect(shown("steps", { label: "Rounds", min: "5", max: "9", default: "7" })).toMatchObject({
      label: "Rounds",
      kind: { value: { min: 5n, max: 9n, default: 7n } },
    });
    expect(shown("sampler", { choices: ["ddim"] })?.kind.value).toMatchObject({ choices: ["ddim"] });
    expect(shown("cfg", { max: "2.5" })?.kind.value).toMatchObject({ max: 2.5 });
  });

  it("keeps what was there for limits that are half typed, and for all that ComfyUI offers", () => {
    expect(shown("steps", { min: "-" })?.kind.value).toMatchObject({ min: 1n });
    expect(shown("sampler", { choices: [] })?.kind.value).toMatchObject({
      choices: expect.arrayContaining(["dpmpp_2m"]),
    });
  });

  it("gives a role to one input alone", () => {
    const roles = preview(inputs, change("negative", { role: InputRole.PROMPT })).filter(
      ({ role }) => role === InputRole.PROMPT,
    );
    expect(roles.map(({ name }) => name)).toEqual(["negative"]);
  });
});
