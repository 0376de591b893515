/** Words and numbers for people. Times are milliseconds since the Unix epoch, shown in the viewer's zone. */

const clockTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const minuteTime = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dayTime = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** The viewer's IANA time zone. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment to the second: the time of day, and the day before it when that is not the day of `now`. */
export function formatMoment(at: number, now: number): string {
  return sameDay(at, now) ? clockTime.format(at) : `${dayTime.format(at)}, ${clockTime.format(at)}`;
}

/** The same to the minute. */
export function formatMinute(at: number, now: number): string {
  return sameDay(at, now) ? minuteTime.format(at) : `${dayTime.format(at)}, ${minuteTime.format(at)}`;
}

/** Date, time and zone, for tooltips. */
export function formatFull(at: number): string {
  return fullTime.format(at);
}

/** A slot as "14:03:20 – 14:03:28"; its end names its day when that is not the day of its start. */
export function formatSlot(slot: { start: number; end: number }, now: number): string {
  return `${formatMoment(slot.start, now)} – ${formatMoment(slot.end, slot.start)}`;
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** A length such as "840 ms", "8.2 s", "2 min 5 s" or "1 h 4 min". */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 999.5) return `${Math.round(length)} ms`;
  if (length < 59_950) return `${trimmed(length / 1000, length < 9_950 ? 1 : 0)} s`;
  const seconds = Math.round(length / 1000);
  if (seconds < 3600) return joined(Math.floor(seconds / 60), "min", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

function trimmed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0$/, "");
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}

/** A distance from now such as "in 12 s", "now" or "3 min ago". */
export function formatDistance(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < 1000) return "now";
  const whole = coarse(Math.abs(distance));
  return distance > 0 ? `in ${whole}` : `${whole} ago`;
}

/** How long ago a moment is, roughly: "just now", "5 min ago", "3 d ago". Later moments read "in 3 d". */
export function formatAge(at: number, now: number): string {
  const minutes = Math.floor(Math.abs(now - at) / 60_000);
  if (minutes < 1) return "just now";
  const [hours, days] = [Math.round(minutes / 60), Math.round(minutes / 1440)];
  const words = minutes < 60 ? `${minutes} min` : hours < 24 ? `${hours} h` : `${days} d`;
  return at > now ? `in ${words}` : `${words} ago`;
}

/** Counting down to the millisecond would flicker: whole seconds, then minutes, then hours. */
function coarse(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return formatDuration(seconds * 1000);
  return formatDuration(Math.floor(seconds / 60) * 60_000);
}

/** "1 job", "2 jobs". */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;
}

/** The path of a file under one of the server's file routes: each segment percent-encoded. */
export function filePath(route: "images" | "thumbnails", filename: string, query: Record<string, string> = {}): string {
  const path = filename.split("/").map(encodeURIComponent).join("/");
  const search = new URLSearchParams(query).toString();
  return `/${route}/${path}${search === "" ? "" : `?${search}`}`;
}

/** A size such as "640 KiB" or "13.3 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${trimmed(bytes / 1024 ** power, power === 0 || bytes / 1024 ** power >= 100 ? 0 : 1)} ${units[power]}`;
}
