/** The value of a datetime-local field for a moment, in the viewer's zone: to the second, since nobody types less than one. */
export function toLocalField(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The moment a datetime-local field holds; undefined when it is incomplete. */
export function fromLocalField(text: string): number | undefined {
  const at = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(at) ? undefined : at;
}
