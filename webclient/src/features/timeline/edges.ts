/** An edge pulls within this many pixels: gently at first, as hard as it can at the edge and beyond it. */
const reach = 36;

/** Which way, and how hard, the edges of a stretch pull at a place: from -1 at its low end to 1 at its high end. */
export function pullAt(place: number, low: number, high: number): number {
  const share = (depth: number) => Math.min(1, Math.max(0, depth / reach));
  return share(place - high + reach) - share(low + reach - place);
}

/** What is taken up close to an edge is not pulled before it is brought closer. */
export function pullSince(now: number, first: number): number {
  return now * first > 0 && Math.abs(now) <= Math.abs(first) ? 0 : now;
}
