/** A random UUID. Unlike crypto.randomUUID it also works on plain http beyond this machine. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A random seed between the bounds, both inclusive. */
export function randomSeed(min: bigint, max: bigint): bigint {
  const [word = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return min + (word % (max - min + 1n));
}
