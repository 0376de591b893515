/**
 * ServerClock tells the server's time from the browser's. Each sample was late by the network's latency, so the largest
 * offset seen is the truest; a jump of either clock starts it over.
 */
export interface ServerClock {
  /** Milliseconds to add to Date.now(). */
  readonly offset: number;
}

/** A sample further than this from the known offset means that a clock was set. */
const jump = 2_000;

/** Takes a server time, in milliseconds since the Unix epoch, that arrived at the local time given. */
export function withSample(clock: ServerClock | undefined, serverTime: number, localTime: number): ServerClock {
  const offset = serverTime - localTime;
  if (clock === undefined || Math.abs(offset - clock.offset) > jump) return { offset };
  return offset > clock.offset ? { offset } : clock;
}
