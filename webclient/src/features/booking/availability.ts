import { formatMoment, plural } from "../../lib/format";
import { blockerOf, blockerWords, nextFreeStart, type TakenSlot } from "../../lib/slots";
import { sentence, type Viewer } from "../../lib/words";

const day = 86_400_000;
/** A start must lie this far ahead, in milliseconds, so that it has not passed when the request arrives. */
const lead = 1_000;

/** Availability is whether the chosen start can be had, and what can be had instead. Times in milliseconds. */
export interface Availability {
  readonly nextFree: number;
  /** Why the chosen start cannot be had; empty when it can, or when none was chosen. */
  readonly refusal: string;
  /** The start to choose instead; absent when it can be had, or when the next free slot is to be booked at once. */
  readonly instead?: number;
}

/** Tells whether a start can be had. `daysAhead` is how far ahead the viewer may book, 0 for any. */
export function availabilityOf(
  start: number | undefined,
  duration: number,
  { taken, now, daysAhead, viewer }: { taken: readonly TakenSlot[]; now: number; daysAhead: number; viewer: Viewer },
): Availability {
  const nextFree = nextFreeStart(now + lead, duration, taken);
  if (start === undefined) return { nextFree, refusal: "" };
  // What is typed meanwhile outlasts a start that was near: the next free slot is what is left of that wish.
  if (start < now) return { nextFree, refusal: "That moment has passed." };
  if (daysAhead > 0 && start > now + daysAhead * day)
    return { nextFree, refusal: `Bookings are taken up to ${plural(daysAhead, "day")} ahead.`, instead: nextFree };
  const blocker = blockerOf({ start, end: start + duration }, taken);
  if (!blocker) return { nextFree, refusal: "" };
  return {
    nextFree,
    refusal: `${sentence(blockerWords(blocker, viewer, now))}.`,
    instead: nextFreeStart(Math.max(start, now + lead), duration, taken),
  };
}

/** What the button says that does the next best thing. */
export function bookWords(start: number | undefined, { refusal, instead }: Availability, now: number): string {
  if (instead !== undefined) return `Choose ${formatMoment(instead, now)} instead`;
  return start === undefined || refusal ? "Book next free slot" : `Book ${formatMoment(start, now)}`;
}
