import type { KeyboardEvent } from "react";

/** Whether a key pressed in a text of several lines sends its form: Ctrl+Enter does, Enter alone where `alone` says so. */
export function sends(event: KeyboardEvent, alone = false): boolean {
  // Enter also ends the composition of a character, which belongs to the text.
  if (event.key !== "Enter" || event.nativeEvent.isComposing) return false;
  return event.ctrlKey || event.metaKey || (alone && !event.shiftKey && !event.altKey);
}
