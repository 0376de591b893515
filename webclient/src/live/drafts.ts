/**
 * Drafts holds what somebody typed and has not sent yet, by name. It outlives the fields: they come and go with what is
 * selected, and a reload loses neither.
 */
export interface Drafts {
  /** The draft of this name; the same object until it changes. */
  readonly get: <T>(name: string) => T | undefined;
  /** Keeps a draft, or forgets it. It must consist of what JSON can hold. */
  readonly set: <T>(name: string, draft: T | undefined) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

const prefix = "draft/";

/** Makes drafts that are kept in the storage; blocked storage keeps them as long as the page. */
export function createDrafts(storage: () => Storage): Drafts {
  const known = new Map<string, unknown>();
  const listeners = new Set<() => void>();
  return {
    get: <T>(name: string) => {
      if (!known.has(name)) known.set(name, read(storage, prefix + name));
      return known.get(name) as T | undefined;
    },
    set: (name, draft) => {
      known.set(name, draft);
      write(storage, prefix + name, draft);
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function read(storage: () => Storage, key: string): unknown {
  try {
    const text = storage().getItem(key);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function write(storage: () => Storage, key: string, draft: unknown): void {
  try {
    if (draft === undefined) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(draft));
  } catch {
    // Blocked or full: the draft lasts as long as the page.
  }
}
