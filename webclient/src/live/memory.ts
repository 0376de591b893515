import { AccessMode } from "../gen/comfyscheduler/v1/state_pb";

/**
 * Memory is what a browser knows of its user while it is not signed in: the cookie that proves the user cannot be read.
 * It holds no secret.
 */
export interface Memory {
  readonly name: string;
  readonly mode: AccessMode;
  /** The user signed out; otherwise the token was revoked. */
  readonly left: boolean;
}

const key = "user";

/** Who was signed in here last; undefined when nobody ever was. */
export function recall(): Memory | undefined {
  try {
    const text = localStorage.getItem(key);
    if (text === null) return undefined;
    const { name = "", mode = AccessMode.UNSPECIFIED, left = false } = JSON.parse(text) as Partial<Memory>;
    return { name, mode, left };
  } catch {
    // Blocked or foreign storage: as if nobody had been here.
    return undefined;
  }
}

export function remember(memory: Memory): void {
  try {
    localStorage.setItem(key, JSON.stringify(memory));
  } catch {
    // Blocked storage: the next visit begins without a memory.
  }
}
