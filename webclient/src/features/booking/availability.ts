import { formatMoment, plural } from "../../lib/format";
import { exactlyOn, type Lane, nextFreeSlot } from "../../lib/lanes";
import { blockerWords, type Slot } from "../../lib/slots";
import { fullSentence, type Viewer } from "../../lib/words/words";

const day = 86_400_000;
/** A start must lie this far ahead, in milliseconds, so that it has not passed when the request arrives. */
const lead = 1_000;

/** Availability is whether the chosen start can be had, and what can be had instead. Times in milliseconds. */
export interface Availability {
  readonly nextFree: number;
  /** Where the booking would land, on which worker; absent while nothing can be booked. */
  readonly lands?: (Slot & { readonly workerId: string }) | undefined;
  /** The slot of the chosen start, or of what it asks for; absent when none was chosen. */
  readonly slot?: Slot;
  /** Why the chosen start cannot be had; empty when it can, or when none was chosen. */
  readonly refusal: string;
  /** The start to choose instead; absent when it can be had, or when the next free slot is to be booked at once. */
  readonly instead?: number;
}

/** Tells whether a start can be had on any of the lanes. `daysAhead` is how far ahead the viewer may book, 0 for any. */
export function availabilityOf(
  start: number | undefined,
  lanes: readonly Lane[],
  { now, daysAhead, viewer }: { now: number; daysAhead: number; viewer: Viewer },
): Availability {
  const freeFrom = (from: number) => nextFreeSlot(lanes, from)?.start ?? from;
  const next = nextFreeSlot(lanes, now + lead);
  const nextFree = next?.start ?? now + lead;
  if (start === undefined) return { nextFree, lands: next, refusal: "" };
  const placed = exactlyOn(lanes, start);
  const slot = { start, end: placed?.end ?? start };
  // What is typed meanwhile outlasts a start that was near: the next free slot is what is left of that wish.
  if (start < now) return { nextFree, slot, refusal: "That moment has passed." };
  if (daysAhead > 0 && start > now + daysAhead * day)
    return {
      nextFree,
      slot,
      refusal: `Bookings are taken up to ${plural(daysAhead, "day")} ahead.`,
      instead: nextFree,
    };
  if (!placed?.blocker) return { nextFree, lands: placed, slot, refusal: "" };
  return {
    nextFree,
    slot,
    refusal: fullSentence(blockerWords(placed.blocker, viewer, now)),
    instead: freeFrom(Math.max(start, now + lead)),
  };
}

/** What the button says that does the next best thing. */
export function bookWords(start: number | undefined, { refusal, instead }: Availability, now: number): string {
  if (instead !== undefined) return `Choose ${formatMoment(instead, now)} instead`;
  return start === undefined || refusal ? "Book next free slot" : `Book ${formatMoment(start, now)}`;
}
