/** How time maps to pixels: pure rules of the timeline's zoom. All times in milliseconds. */

/** What of the timeline is in sight. */
export interface View {
  readonly start: number;
  readonly end: number;
  /** Pixels across. */
  readonly width: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The nearest and the farthest one can zoom. */
export const zoomRange = { min: 4 * second, max: 48 * hour };

const steps = [10, 50, 100, 500, second, 5 * second, 15 * second, 30 * second, minute, 5 * minute, 15 * minute];

/** Milliseconds under one pixel. */
export function msPerPixel(view: View): number {
  return (view.end - view.start) / Math.max(1, view.width);
}

/** The roundest step that still feels free under the pointer, at most about ten pixels. */
export function gridStep(view: View): number {
  const free = 10 * msPerPixel(view);
  return steps.findLast((step) => step <= free) ?? 1;
}

/** The first view: now a fifth of the way in, and a slot wide enough to read and to hit with a thumb. */
export function firstView(now: number, slot: number, width: number): View {
  const [wide, shortest] = width < 640 ? [64, 10 * second] : [88, 30 * second];
  const length = slot > 0 ? (width / wide) * slot : 10 * minute;
  const span = Math.min(Math.max(length, shortest), 12 * hour);
  return { start: now - span * 0.2, end: now + span * 0.8, width };
}

/** The view zoomed about a moment: a factor below 1 comes closer. */
export function zoomed(view: View, factor: number, about: number): View {
  const span = view.end - view.start;
  const next = Math.min(Math.max(span * factor, zoomRange.min), zoomRange.max);
  const start = about - ((about - view.start) / span) * next;
  return { ...view, start, end: start + next };
}

/** The moment in the middle of the view. */
export function middleOf({ start, end }: View): number {
  return (start + end) / 2;
}

/** The view moved by a share of its length. */
export function panned(view: View, share: number): View {
  const by = (view.end - view.start) * share;
  return { ...view, start: view.start + by, end: view.end + by };
}

/** The view with a moment a fifth of the way in. */
export function viewAt(view: View, moment: number): View {
  const span = view.end - view.start;
  return { ...view, start: moment - span * 0.2, end: moment + span * 0.8 };
}
