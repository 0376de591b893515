const key = "workflows";
const most = 30;

/** The workflows that were booked in this browser, latest first. */
export function recentWorkflows(): readonly string[] {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(known) ? known.filter((id) => typeof id === "string") : [];
  } catch {
    // Blocked or foreign storage: as if none had been.
    return [];
  }
}

/** Takes note of a workflow that was booked. */
export function rememberWorkflow(id: string): void {
  try {
    const others = recentWorkflows().filter((known) => known !== id);
    localStorage.setItem(key, JSON.stringify([id, ...others].slice(0, most)));
  } catch {
    // Blocked storage: the list stays in its own order.
  }
}

/** The workflows with those that were booked last before all others, which keep their order. */
export function recentFirst<T extends { readonly id: string }>(
  workflows: readonly T[],
  recent: readonly string[],
): T[] {
  const place = new Map(recent.map((id, index) => [id, index]));
  const of = ({ id }: T) => place.get(id) ?? recent.length;
  return [...workflows].sort((a, b) => of(a) - of(b));
}
