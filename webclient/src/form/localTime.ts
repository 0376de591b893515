/** The value of a datetime-local field for a moment, in the viewer's zone. Milliseconds are shown only when there are any. */
export function toLocalField(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const ms = date.getMilliseconds();
  return `${day}T${time}${ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`}`;
}

/** The moment a datetime-local field holds; undefined when it is incomplete. */
export function fromLocalField(text: string): number | undefined {
  const at = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(at) ? undefined : at;
}
