/** Whether each of the words stands somewhere in the texts, whatever its case. No words are everywhere. */
export function matches(words: string, ...texts: readonly string[]): boolean {
  const hay = texts.join("\n").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
