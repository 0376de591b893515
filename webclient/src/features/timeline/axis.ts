/** Words on the time axis, in the viewer's language and zone. */

type Stamp = Date | { toDate(): Date };

const minute = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const second = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const short = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });

const dateOf = (stamp: Stamp) => (stamp instanceof Date ? stamp : stamp.toDate());

/** The label of one tick; `narrow` leaves out whether it is morning. `scale` is vis-timeline's name for the unit between ticks. */
export function axisLabel(stamp: Stamp, scale: string, narrow = false): string {
  const date = dateOf(stamp);
  if (scale === "millisecond") return `.${String(date.getMilliseconds()).padStart(3, "0")}`;
  if (scale === "second") return `:${String(date.getSeconds()).padStart(2, "0")}`;
  if (scale === "minute" || scale === "hour") return narrow ? withoutDayPeriod(date) : minute.format(date);
  return short.format(date);
}

function withoutDayPeriod(date: Date): string {
  const parts = minute.formatToParts(date).filter(({ type }) => type !== "dayPeriod");
  return parts
    .map(({ value }) => value)
    .join("")
    .trim();
}

/** The label above the ticks: what their own labels leave out. */
export function dayLabel(stamp: Stamp, scale: string): string {
  const date = dateOf(stamp);
  if (scale === "millisecond") return second.format(date);
  if (scale === "second") return minute.format(date);
  return day.format(date);
}
