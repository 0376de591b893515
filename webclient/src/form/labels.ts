import type { Input } from "../gen/comfyscheduler/v1/input_pb";

/** What an input is called on the page. */
export function labelOf({ label, name }: Pick<Input, "label" | "name">): string {
  return label || name;
}

/** The range of a number in a few characters, such as "1 – 50"; empty when it says nothing a person would want to know. */
export function shortRange({ min, max }: { min?: number | bigint; max?: number | bigint }): string {
  const told = (bound: number | bigint) => String(bound).length <= 4;
  if (min === undefined || max === undefined || !told(min) || !told(max)) return "";
  return `${min} – ${max}`;
}
