import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { MomentInput } from "./MomentInput";

afterEach(cleanup);

const halfPast = new Date(2030, 4, 1, 14, 30, 20, 500).getTime();

function shown(at: number) {
  const onChange = vi.fn();
  render(<MomentInput aria-label="Start" at={at} to="second" onChange={onChange} />);
  return { field: screen.getByLabelText<HTMLInputElement>("Start"), onChange };
}

it("shows whole seconds of a moment between two, and leaves the moment alone", () => {
  const { field, onChange } = shown(halfPast);
  expect(field.value).toBe("2030-05-01T14:30:20");
  expect(field.validity.valid).toBe(true);
  fireEvent.focus(field);
  fireEvent.blur(field);
  expect(onChange).not.toHaveBeenCalled();
});

it("takes the whole second that somebody types, and nothing from a field that is incomplete", () => {
  const { field, onChange } = shown(halfPast);
  fireEvent.change(field, { target: { value: "" } });
  expect(onChange).not.toHaveBeenCalled();
  fireEvent.change(field, { target: { value: "2030-05-01T14:30:21" } });
  expect(onChange.mock.calls).toEqual([[halfPast + 500]]);
});
